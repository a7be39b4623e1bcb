import Mail
import NIOCore
import NIOEmbedded
import Spool
import TestKit
import Testing

@testable import Ingress

@Suite("Limits at their very edge")
struct LimitEdgeTests {
    private static let minute = Duration.seconds(60)
    private static let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

    private func machine(_ change: (inout LimitSettings) -> Void) -> LimitMachine {
        var settings = LimitSettings()
        change(&settings)
        return LimitMachine(settings, capacity: 100)
    }

    /// Enters a session of the client, or leaves out why not.
    private func enter(
        _ machine: inout LimitMachine, _ client: String = "10.0.0.1", user: String? = nil,
        at now: NIODeadline = Self.start
    ) throws -> (subject: LimitSubject, hit: LimitHit?) {
        var subject = LimitSubject()
        let hit = machine.enter(client: try #require(IPAddress(client)), &subject, at: now)
        guard hit == nil, let user else { return (subject, hit) }
        return (subject, machine.enter(user: user, messageRate: nil, &subject, at: now))
    }

    @Test("as many sessions as the limit says, and not one more", arguments: [1, 2, 7])
    func sessions(limit: Int) throws {
        var machine = machine {
            $0.client.connections = limit
            $0.user.connections = limit
        }
        var subjects: [LimitSubject] = []
        for _ in 0..<limit {
            let (subject, hit) = try enter(&machine, user: "app")
            #expect(hit == nil)
            subjects.append(subject)
        }
        #expect(try enter(&machine).hit?.name == .clientConnections)
        #expect(try enter(&machine, "10.0.0.2", user: "app").hit?.name == .userConnections)
        machine.leave(subjects[0], at: Self.start)
        #expect(try enter(&machine, "10.0.0.1").hit == nil)
        #expect(try enter(&machine, "10.0.0.1").hit?.name == .clientConnections)
    }

    @Test(
        "as many messages as the rate says, and the next one exactly when there is room again", arguments: [1, 3, 60])
    func messages(count: Int) throws {
        var machine = machine { $0.client.messageRate = Rate(count: count, per: Self.minute) }
        let (subject, _) = try enter(&machine)
        for _ in 0..<count { #expect(machine.begin(subject, declared: nil, at: Self.start) == nil) }
        let wait = Self.minute / count
        #expect(machine.begin(subject, declared: nil, at: Self.start) == LimitHit(name: .clientMessageRate, wait: wait))
        // Less than a thousandth of a message counts as none.
        let early = TimeAmount.nanoseconds(wait.wholeMilliseconds * 10_000)
        let room = Self.start + .nanoseconds(wait.wholeMilliseconds * 1_000_000)
        #expect(machine.begin(subject, declared: nil, at: room - early)?.name == .clientMessageRate)
        #expect(machine.begin(subject, declared: nil, at: room) == nil)
        #expect(machine.begin(subject, declared: nil, at: room)?.name == .clientMessageRate)
    }

    @Test(
        "a message of exactly the octets that are left is admitted, and one octet more is not",
        arguments: [1, 400, 999])
    func octets(used: Int) throws {
        var machine = machine { $0.client.byteRate = Rate(count: 1000, per: Self.minute) }
        let (subject, _) = try enter(&machine)
        machine.charge(subject, recipients: 1, octets: used, at: Self.start)
        #expect(machine.begin(subject, declared: 1001 - used, at: Self.start)?.name == .clientByteRate)
        #expect(machine.begin(subject, declared: 1000 - used, at: Self.start) == nil)
    }

    // MARK: - As seen by a client

    @Test("content of exactly the largest size is accepted, and one octet more is not", arguments: [0, 1])
    func size(more: Int) throws {
        let session = try EmbeddedSession { $0.maxMessageSize = 1000 }
        try session.startData()
        let line = String(repeating: "x", count: 98) + "\r\n"
        let last = String(repeating: "x", count: 98 + more) + "\r\n"
        let reply = try session.send(String(repeating: line, count: 9) + last + ".\r\n")
        #expect(reply.hasPrefix(more == 0 ? "250 2.0.0" : "552 5.3.4"))
        #expect(session.spool.messages.count == 1 - more)
    }

    @Test("a declared size of exactly the largest is accepted, and one octet more is not")
    func declared() throws {
        let session = try EmbeddedSession { $0.maxMessageSize = 1000 }
        try session.send("EHLO c.test\r\n")
        #expect(try session.send("MAIL FROM:<> SIZE=1001\r\n").hasPrefix("552 5.3.4"))
        #expect(try session.send("MAIL FROM:<> SIZE=1000\r\n").hasPrefix("250 2.1.0"))
    }

    @Test("as many recipients as the limit says, and not one more")
    func recipients() throws {
        let session = try EmbeddedSession { $0.maxRecipients = 3 }
        try session.send("EHLO c.test\r\nMAIL FROM:<a@x.test>\r\n")
        for number in 0..<3 { #expect(try session.send("RCPT TO:<\(number)@x.test>\r\n").hasPrefix("250 2.1.5")) }
        #expect(try session.send("RCPT TO:<3@x.test>\r\n").hasPrefix("452 4.5.3"))
        #expect(try session.send("DATA\r\nx\r\n.\r\n").contains("250 2.0.0"))
        #expect(session.spool.messages.map(\.recipients.count) == [3])
    }

    @Test("as many errors as the limit says, and the session goes on; one more ends it", arguments: [1, 3])
    func errors(limit: Int) throws {
        let session = try EmbeddedSession { $0.maxErrors = limit }
        _ = try session.replies()
        for _ in 0..<limit {
            #expect(try session.send("WHAT\r\n").hasPrefix("500"))
            #expect(session.channel.isActive)
        }
        _ = try session.send("WHAT\r\n")
        #expect(!session.channel.isActive)
    }
}
