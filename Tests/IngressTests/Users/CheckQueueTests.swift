import Mail
import TestKit
import Testing

@testable import Ingress

@Suite("Order of password checks")
struct CheckQueueTests {
    /// A queue by reference, so that expectations can query it.
    private final class Queue {
        private var queue: CheckQueue

        init(_ limits: CheckQueue.Limits = CheckQueue.Limits()) {
            queue = CheckQueue(limits)
        }

        /// - Parameter client: the last octets of an address.
        func add(from client: Int, as rank: CheckQueue.Rank) -> CheckQueue.Ticket? {
            queue.add(from: IPAddress(value: 0xFFFF_0A00_0000 + UInt128(client)), as: rank)
        }

        func next() -> CheckQueue.Turn? { queue.next() }

        func remove(_ ticket: CheckQueue.Ticket) { queue.remove(ticket) }
    }

    @Test("addresses that have logged in come first, then users, then unknown names")
    func order() throws {
        let queue = Queue()
        let strangers = try (0..<100).map { try #require(queue.add(from: $0, as: .stranger)) }
        let user = try #require(queue.add(from: 100, as: .user))
        let trusted = try #require(queue.add(from: 101, as: .trusted))
        #expect(queue.next() == .check(trusted))
        #expect(queue.next() == .checkAhead(user))
        for stranger in strangers { #expect(queue.next() == .check(stranger)) }
        #expect(queue.next() == .catchUp(user))
        #expect(queue.next() == nil)
    }

    @Test("a right password needs no further turn")
    func removed() throws {
        let queue = Queue()
        _ = try #require(queue.add(from: 1, as: .stranger))
        let user = try #require(queue.add(from: 2, as: .user))
        #expect(queue.next() == .checkAhead(user))
        queue.remove(user)
        #expect(queue.next() != .catchUp(user))
        #expect(queue.next() == nil)
    }

    @Test(
        "addresses take turns, however many checks one of them has queued",
        arguments: [CheckQueue.Rank.trusted, .user, .stranger])
    func turns(rank: CheckQueue.Rank) throws {
        let queue = Queue()
        let many = try (0..<8).map { _ in try #require(queue.add(from: 1, as: rank)) }
        let one = try #require(queue.add(from: 2, as: rank))
        #expect(queue.next()?.ticket == many[0])
        #expect(queue.next()?.ticket == one)
        #expect(queue.next()?.ticket == many[1])
    }

    @Test("an address has room for a few unanswered checks, whatever the names")
    func room() throws {
        for rank in [CheckQueue.Rank.user, .stranger] {
            let queue = Queue(CheckQueue.Limits(perTrustedClient: 1, trusted: 2, perStranger: 2, strangers: 5))
            let first = try #require(queue.add(from: 1, as: rank))
            #expect(queue.add(from: 1, as: .user) != nil)
            #expect(queue.add(from: 1, as: .user) == nil && queue.add(from: 1, as: .stranger) == nil)
            // A turn is not an answer.
            _ = queue.next()
            #expect(queue.add(from: 1, as: rank) == nil)
            queue.remove(first)
            #expect(queue.add(from: 1, as: rank) != nil)
            for number in 2...4 { #expect(queue.add(from: number, as: rank) != nil) }
            #expect(queue.add(from: 5, as: .stranger) == nil && queue.add(from: 5, as: .user) == nil)
            // Strangers use only their own room.
            #expect(queue.add(from: 1, as: .trusted) != nil && queue.add(from: 6, as: .trusted) != nil)
            #expect(queue.add(from: 7, as: .trusted) == nil && queue.add(from: 1, as: .trusted) == nil)
        }
    }

    /// How long a new address waits for a wrong password: the number of checks before its answer, including its own.
    private func checksUntilAnswer(as rank: CheckQueue.Rank, among others: [CheckQueue.Rank]) throws -> Int {
        let queue = Queue()
        let place = others.count / 2
        for (number, other) in others[..<place].enumerated() { _ = queue.add(from: number % 7, as: other) }
        let own = try #require(queue.add(from: 5, as: rank))
        for (number, other) in others[place...].enumerated() { _ = queue.add(from: number % 7, as: other) }
        var checks = 0
        while let turn = queue.next() {
            switch turn {
            case .catchUp(let ticket):
                if ticket == own { return checks }
                queue.remove(ticket)
            case .checkAhead: checks += 1
            case .check(let ticket):
                checks += 1
                if ticket == own { return checks }
                queue.remove(ticket)
            }
        }
        throw TurnMissing()
    }

    private struct TurnMissing: Error {}

    @Test("a wrong password takes as many checks for a user as for an unknown name")
    func secrecy() throws {
        var random = SeededGenerator(seed: 7)
        for _ in 0..<1000 {
            let others = (0..<Int.random(in: 0...30, using: &random)).map { _ in
                [CheckQueue.Rank.trusted, .user, .stranger].randomElement(using: &random)!
            }
            let user = try checksUntilAnswer(as: .user, among: others)
            let stranger = try checksUntilAnswer(as: .stranger, among: others)
            #expect(user == stranger, "\(others)")
        }
    }

    @Test("everything gets its turn once, and nothing is left")
    func model() throws {
        var random = SeededGenerator(seed: 8)
        for _ in 0..<200 {
            let queue = Queue()
            var waiting: Set<CheckQueue.Ticket> = []
            for _ in 0..<60 {
                let rank = [CheckQueue.Rank.trusted, .user, .stranger].randomElement(using: &random)!
                let number = Int.random(in: 0..<10, using: &random)
                if let ticket = queue.add(from: number, as: rank) { waiting.insert(ticket) }
                guard Bool.random(using: &random), let turn = queue.next() else { continue }
                #expect(waiting.contains(turn.ticket))
                if case .checkAhead = turn, Bool.random(using: &random) { continue }
                queue.remove(turn.ticket)
                waiting.remove(turn.ticket)
            }
            while let turn = queue.next() {
                if case .checkAhead = turn { continue }
                queue.remove(turn.ticket)
                #expect(waiting.remove(turn.ticket) != nil)
            }
            #expect(waiting.isEmpty)
        }
    }
}
