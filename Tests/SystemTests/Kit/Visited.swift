import Delivery
import Foundation
import Mail
import Mailbox
import NIOCore
import NIOPosix
import Probing
import RoundTrips
import TLS

/// A mailbox that is visited, and what its visitor has reported.
final class Visited: Sendable {
    struct Seen: Sendable {
        var sightings: [TripSighting] = []
        var looks = 0
        var failures: [String] = []
        var lasting: [String] = []
        var kept: [String] = []
    }

    static let mailbox = "probe@example.com"
    static let key = ProbeKey { try? HMAC.authenticate($0, key: Array("key".utf8)) }

    let visitor: MailboxVisitor
    let seen = Watched(Seen())

    init(_ account: MailboxAccount) {
        let means = VisitMeans(
            eventLoop: MultiThreadedEventLoopGroup.singleton.any(),
            steady: { Timestamp(milliseconds: Int64(NIODeadline.now().uptimeNanoseconds / 1_000_000)) },
            wall: { Self.now })
        visitor = MailboxVisitor(account, means, owner: Self.owner(seen))
    }

    private static func owner(_ seen: Watched<Seen>) -> MailboxOwner {
        MailboxOwner(
            found: { message in
                guard let sighting = message.sighting(key, in: mailbox) else { return false }
                seen.change { $0.sightings.append(sighting) }
                return true
            },
            looked: { _ in seen.change { $0.looks += 1 } },
            failed: { cause, isLasting in
                seen.change {
                    $0.failures.append(cause)
                    if isLasting { $0.lasting.append(cause) }
                }
            },
            kept: { cause in seen.change { $0.kept.append(cause) } })
    }

    /// Visits the mailbox while `body` runs.
    static func run(_ account: MailboxAccount, _ body: (Visited) throws -> Void) async throws {
        let visited = Visited(account)
        visited.visitor.start()
        do { try body(visited) } catch {
            await visited.visitor.stop()
            throw error
        }
        await visited.visitor.stop()
    }

    private static var now: Timestamp { Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000)) }

    @discardableResult
    func wait<Answer>(
        for what: String, within limit: Duration = .seconds(30), _ answer: (Seen) -> Answer?
    ) throws -> Answer {
        guard let found = seen.wait(within: limit, until: answer) else {
            throw ScenarioError("no \(what): \(seen.current)")
        }
        return found
    }

    /// Waits for another complete look.
    func waitForLook() throws {
        let before = seen.current.looks
        visitor.look()
        try wait(for: "look") { $0.looks > before ? true : nil }
    }

    /// A probe, as the relay sends it.
    static func probe(_ number: UInt64, _ key: ProbeKey = key) throws -> [UInt8] {
        let path = TripPath(trip: "test", upstream: "a", mailbox: mailbox)
        guard let token = ProbeToken(path, sentAt: now, number: number),
            let message = ProbeMessage(
                token, key: key, sender: Address(unchecked: mailbox), recipient: Address(unchecked: mailbox),
                hostname: "relay.example")
        else { throw ScenarioError("no probe") }
        return message.octets
    }
}
