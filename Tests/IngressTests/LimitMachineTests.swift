import Mail
import NIOCore
import TestKit
import Testing

@testable import Ingress

@Suite("Limits on clients, users and totals")
struct LimitMachineTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
    private let minute = Duration.seconds(60)

    private func client(_ text: String) throws -> IPAddress {
        try #require(IPAddress(text))
    }

    private func machine(_ capacity: Int = 100, _ change: (inout LimitSettings) -> Void) -> LimitMachine {
        var settings = LimitSettings()
        change(&settings)
        return LimitMachine(settings, capacity: capacity)
    }

    @Test("concurrent sessions are counted by address, and slots are returned")
    func sessions() throws {
        var machine = machine { $0.client.connections = 1 }
        var (first, second) = (LimitSubject(), LimitSubject())
        #expect(machine.enter(client: try client("10.0.0.1"), &first, at: start) == nil)
        let hit = machine.enter(client: try client("10.0.0.1"), &second, at: start)
        #expect(hit == LimitHit(name: .clientConnections, wait: nil))
        #expect(second.client == nil)
        #expect(machine.enter(client: try client("10.0.0.2"), &second, at: start) == nil)
        machine.leave(first, at: start)
        #expect(machine.enter(client: try client("10.0.0.1"), &first, at: start) == nil)
    }

    /// RFC 6177 section 2.
    @Test(
        "an IPv6 client is its /64, an IPv4 client its address, in any notation",
        arguments: [
            ("2001:db8::1", "2001:db8::ffff:1", true), ("2001:db8::1", "2001:db8:0:1::1", false),
            ("10.0.0.1", "10.0.0.2", false), ("10.0.0.1", "::ffff:10.0.0.1", true),
        ])
    func address(one: String, other: String, isSame: Bool) throws {
        var machine = machine { $0.client.connections = 1 }
        var (first, second) = (LimitSubject(), LimitSubject())
        _ = machine.enter(client: try client(one), &first, at: start)
        #expect((machine.enter(client: try client(other), &second, at: start) != nil) == isSame)
    }

    @Test("new sessions, messages and octets each have a rate, and say when there is room again")
    func rates() throws {
        var machine = machine {
            $0.client.connectionRate = Rate(count: 2, per: minute)
            $0.client.messageRate = Rate(count: 3, per: minute)
            $0.client.byteRate = Rate(count: 1000, per: minute)
        }
        var subject = LimitSubject()
        let address = try client("10.0.0.1")
        for _ in 0..<2 {
            #expect(machine.enter(client: address, &subject, at: start) == nil)
            if subject.client != nil { machine.leave(subject, at: start) }
        }
        #expect(
            machine.enter(client: address, &subject, at: start)
                == LimitHit(name: .clientConnectionRate, wait: .seconds(30)))
        let later = start + .seconds(30)
        #expect(machine.enter(client: address, &subject, at: later) == nil)
        for _ in 0..<3 { #expect(machine.begin(subject, declared: nil, at: later) == nil) }
        #expect(
            machine.begin(subject, declared: nil, at: later) == LimitHit(name: .clientMessageRate, wait: .seconds(20)))
        let end = later + .minutes(2)
        #expect(machine.begin(subject, declared: 600, at: end) == nil)
        machine.charge(subject, recipients: 1, octets: 600, at: end)
        #expect(machine.begin(subject, declared: 600, at: end)?.name == .clientByteRate)
        #expect(machine.begin(subject, declared: 300, at: end) == nil)
    }

    @Test("the recipient budget is what the stricter rate leaves")
    func recipients() throws {
        var machine = machine {
            $0.client.recipientRate = Rate(count: 10, per: minute)
            $0.user.recipientRate = Rate(count: 6, per: minute)
        }
        var subject = LimitSubject()
        _ = machine.enter(client: try client("10.0.0.1"), &subject, at: start)
        #expect(machine.recipientBudget(subject, at: start) == 10)
        _ = machine.enter(user: "app", messageRate: nil, &subject, at: start)
        #expect(machine.recipientBudget(subject, at: start) == 6)
        machine.charge(subject, recipients: 6, octets: 10, at: start)
        #expect(machine.recipientBudget(subject, at: start) == 0)
        #expect(
            machine.refusalOfRecipient(subject, at: start) == LimitHit(name: .userRecipientRate, wait: .seconds(10)))
        #expect(machine.recipientBudget(subject, at: start + .seconds(20)) == 2)
    }

    @Test("a user's own rate replaces the general one, and survives a new session")
    func ownRate() throws {
        var machine = machine { $0.user.messageRate = Rate(count: 1, per: minute) }
        var subject = LimitSubject()
        _ = machine.enter(user: "bulk", messageRate: Rate(count: 5, per: minute), &subject, at: start)
        for _ in 0..<5 { #expect(machine.begin(subject, declared: nil, at: start) == nil) }
        machine.leave(subject, at: start)
        var again = LimitSubject()
        _ = machine.enter(user: "bulk", messageRate: Rate(count: 5, per: minute), &again, at: start)
        #expect(machine.begin(again, declared: nil, at: start)?.name == .userMessageRate)
        var other = LimitSubject()
        _ = machine.enter(user: "app", messageRate: nil, &other, at: start)
        #expect(machine.begin(other, declared: nil, at: start) == nil)
        #expect(machine.begin(other, declared: nil, at: start)?.name == .userMessageRate)
    }

    @Test("total limits apply to clients without limits of their own")
    func total() {
        var machine = machine {
            $0.totalMessageRate = Rate(count: 2, per: minute)
            $0.totalByteRate = Rate(count: 100, per: minute)
        }
        let subject = LimitSubject()
        #expect(machine.begin(subject, declared: 50, at: start) == nil)
        machine.charge(subject, recipients: 1, octets: 99, at: start)
        #expect(machine.begin(subject, declared: nil, at: start) == nil)
        #expect(machine.begin(subject, declared: nil, at: start)?.name == .totalMessageRate)
        #expect(machine.begin(subject, declared: 60, at: start + .seconds(30))?.name == .totalByteRate)
    }

    @Test("the table is bounded, drops idle subjects, and newcomers share one meter when it is full")
    func bounded() throws {
        var machine = machine(10) { $0.client.connections = 2 }
        var subjects: [LimitSubject] = []
        for number in 0..<30 {
            var subject = LimitSubject()
            if machine.enter(client: try client("10.0.0.\(number)"), &subject, at: start) == nil {
                subjects.append(subject)
            }
        }
        #expect(machine.clients.count == 10)
        #expect(subjects.count == 12)
        for subject in subjects { machine.leave(subject, at: start) }
        #expect(machine.clients.count == 0)
        var subject = LimitSubject()
        #expect(machine.enter(client: try client("10.0.0.99"), &subject, at: start) == nil)
        #expect(subject.client == .own(try client("10.0.0.99")))
    }

    @Test("leaving does not reset an exhausted rate")
    func persistent() throws {
        var machine = machine(2) { $0.client.connectionRate = Rate(count: 1, per: minute) }
        for number in 0..<20 {
            var subject = LimitSubject()
            let address = try client("10.0.0.\(number % 2)")
            let hit = machine.enter(client: address, &subject, at: start)
            #expect((hit == nil) == (number < 2))
            if hit == nil { machine.leave(subject, at: start) }
        }
        var subject = LimitSubject()
        #expect(machine.enter(client: try client("10.0.0.5"), &subject, at: start + .minutes(2)) == nil)
        #expect(machine.clients.count == 1)
    }

    @Test("random sessions leave nothing behind", arguments: 0..<10)
    func random(round: Int) throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        var machine = machine(8) {
            $0.client.connections = 3
            $0.user.connections = 3
        }
        var open: [LimitSubject] = []
        for _ in 0..<500 {
            if !open.isEmpty, Bool.random(using: &random) {
                machine.leave(open.remove(at: Int.random(in: open.indices, using: &random)), at: start)
            }
            var subject = LimitSubject()
            let address = try client("10.0.0.\(Int.random(in: 0..<20, using: &random))")
            guard machine.enter(client: address, &subject, at: start) == nil else { continue }
            _ = machine.enter(user: "u\(Int.random(in: 0..<20, using: &random))", messageRate: nil, &subject, at: start)
            open.append(subject)
            #expect(machine.clients.count <= 8 && machine.users.count <= 8, "seed \(seed)")
        }
        for subject in open { machine.leave(subject, at: start) }
        #expect(machine.clients.count == 0 && machine.users.count == 0, "seed \(seed)")
    }

    @Test("every limit names itself in its reply, with a suitable code", arguments: LimitName.allCases)
    func replies(name: LimitName) {
        let reply = LimitHit(name: name, wait: .milliseconds(1200)).reply
        #expect(reply.hasPrefix("4") && reply.contains("(\(name.rawValue))") && reply.hasSuffix("again in 2 s"))
        #expect(reply.utf8.count < 500)
    }
}
