import Mail
import SASL
import SMTP
import Spool
import Synchronization
import TestKit
import Testing

@testable import Ingress

@Suite("A guarded user's session")
struct GuardSessionTests {
    private final class Clock: Sendable {
        private let time = Mutex(Timestamp(milliseconds: 1_800_000_000_000))
        var now: Timestamp { time.withLock { $0 } }
        func pass(_ duration: Duration) { time.withLock { $0 = $0 + duration } }
    }

    private final class Events: Sendable {
        private let list = Mutex<[String]>([])

        func add(_ event: IngressEvent) {
            switch event {
            case .userSuspected(let user, let cause, let mode, _, _):
                list.withLock { $0.append("suspected \(user) \(cause.rawValue) \(mode.rawValue)") }
            case .userTrusted(let user): list.withLock { $0.append("trusted \(user)") }
            default: break
            }
        }

        var words: [String] { list.withLock { $0 } }
    }

    private let clock = Clock()
    private let events = Events()

    /// No password fits it.
    private static func hash() throws -> PasswordHash {
        let (salt, key) = (String(repeating: "A", count: 22), String(repeating: "A", count: 43))
        return try PasswordHash(text: "$scrypt$ln=14,r=8,p=5$\(salt)$\(key)")
    }

    /// A guard that knows the user "app", who sends two recipients in ten minutes.
    private func guardian(_ mode: GuardMode) throws -> UserGuard {
        let clock = clock
        var habit = UserHabit(now: clock.now)
        for _ in 0..<60 {
            _ = habit.advance(to: clock.now)
            _ = habit.took(2, now: clock.now)
            clock.pass(.seconds(600))
        }
        let guardian = UserGuard(["app": habit], steady: { clock.now }, report: { [events] in events.add($0) })
        var user = UserSettings(name: "app", passwordHash: try Self.hash())
        user.guardMode = mode
        guardian.replace([user])
        return guardian
    }

    private func session(_ guardian: UserGuard, as user: String? = "app") throws -> EmbeddedSession {
        let session = try EmbeddedSession(guardian: guardian)
        let offer = session.handler.session.offer
        // As after a handshake with the user's certificate.
        if let user { session.handler.session.tlsEstablished(offer, user: user) }
        try session.send("EHLO c.test\r\n")
        return session
    }

    /// - Returns: the last reply.
    private func deliver(_ session: EmbeddedSession, recipients: Int = 50) throws -> String {
        let commands =
            "MAIL FROM:<a@example.org>\r\n"
            + (0..<recipients).map { "RCPT TO:<r\($0)@example.org>\r\n" }.joined() + "DATA\r\n"
        var replies = try session.send(commands)
        if replies.contains("\r\n354 ") { replies += try session.send("x\r\n.\r\n") }
        if !replies.contains("\r\n354 ") { return String(replies.split(separator: "\r\n").first ?? "") }
        return String(replies.split(separator: "\r\n").last ?? "")
    }

    @Test("is slowed down when it sends far more than usual, and goes on in the next ten minutes")
    func slow() throws {
        let session = try session(try guardian(.slow))
        for _ in 0..<3 {
            let reply = try deliver(session)
            #expect(reply.hasPrefix("250 2.0.0"))
        }
        #expect(events.words == ["suspected app rate slow"])
        let refusal = try deliver(session)
        #expect(refusal.hasPrefix("450 4.7.1 Too many messages of this user") && refusal.contains("(guard)"))
        #expect(session.spool.messages.allSatisfy { $0.recipients.allSatisfy { $0.state == .queued } })
        clock.pass(.seconds(600))
        #expect(try deliver(session, recipients: 1).hasPrefix("250 2.0.0"))
    }

    @Test("has its mail held, from the message that was too much")
    func hold() throws {
        let session = try session(try guardian(.hold))
        for _ in 0..<4 {
            let reply = try deliver(session)
            #expect(reply.hasPrefix("250 2.0.0"))
        }
        #expect(events.words == ["suspected app rate hold"])
        let held = session.spool.messages.map { message in
            message.recipients.allSatisfy { $0.state == .held && $0.holdReason == .hijack }
        }
        #expect(held == [false, false, true, true])
    }

    @Test("is trusted again when relay.conf guards it no more")
    func off() throws {
        let guardian = try guardian(.hold)
        let session = try session(guardian)
        for _ in 0..<3 { _ = try deliver(session) }
        #expect(guardian.suspected == ["app"])
        guardian.replace([UserSettings(name: "app", passwordHash: try Self.hash())])
        #expect(guardian.suspected == [] && !guardian.isUsed)
        #expect(events.words.last == "trusted app")
        #expect(try deliver(session).hasPrefix("250 2.0.0"))
        #expect(session.spool.messages.last?.recipients.first?.state == .queued)
    }

    @Test("is suspected for addresses that do not exist")
    func bounces() throws {
        let guardian = try guardian(.hold)
        let session = try session(guardian)
        _ = try deliver(session, recipients: 60)
        for _ in 0..<40 { guardian.bounced("app") }
        for _ in 0..<40 { guardian.bounced("other") }
        #expect(events.words == ["suspected app bounces hold"])
        let trusted = ["app", "app", "other"].map { guardian.trust($0) }
        #expect(trusted == [true, false, false])
    }

    @Test("is nobody else's: other users, and clients without a login, are not looked at")
    func others() throws {
        let guardian = try guardian(.hold)
        for user in [nil, "other"] {
            let session = try session(guardian, as: user)
            for _ in 0..<5 {
                let reply = try deliver(session)
                #expect(reply.hasPrefix("250 2.0.0"))
            }
            #expect(session.spool.messages.allSatisfy { $0.recipients.allSatisfy { $0.state == .queued } })
        }
        #expect(events.words == [])
    }
}
