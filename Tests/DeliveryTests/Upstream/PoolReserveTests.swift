import Mail
import TestKit
import Testing
import Upstreams

@testable import Delivery

@Suite("A pool at full load")
struct PoolReserveTests {
    private final class Session {
        var jobs: [Priority] = []
        var started = 0

        /// One message under way, and one behind it.
        var load: PoolStateMachine<Session, Priority>.Load {
            .init(jobs: jobs.count, started: started, hasRoom: jobs.count < 2)
        }
    }

    private typealias Pool = PoolStateMachine<Session, Priority>
    private static let start = MonotonicInstant(nanoseconds: 1_000_000_000_000)

    private var pool = Pool(.init(sessions: 8, messages: 1_000_000))
    private let sessions = (0..<8).map { _ in Session() }
    private var now = Self.start

    init() {
        add(8, .normal)
        for session in sessions {
            _ = pool.next(now: now)
            pool.connected(session, isGreeted: false, session.load)
        }
        _ = pool.removeJobs { _ in true }
        for session in sessions { pool.sessionReady(session, session.load) }
    }

    /// - Returns: the sessions that got a message, by number.
    @discardableResult
    private mutating func serve() -> [Int] {
        var served: [Int] = []
        while case .assign(let priority, let session) = pool.next(now: now) {
            session.jobs.append(priority)
            session.started += 1
            pool.sessionChanged(session, session.load)
            if let number = sessions.firstIndex(where: { $0 === session }) { served.append(number) }
        }
        return served
    }

    private mutating func add(_ count: Int, _ priority: Priority) {
        for _ in 0..<count { pool.jobAdded(priority, priority) }
    }

    private mutating func finish(_ number: Int) {
        sessions[number].jobs.removeFirst()
        pool.jobFinished(sessions[number], isTaken: true, sessions[number].load, now: now)
    }

    @Test("puts no bulk behind another message in a quarter of its sessions, and uses them all the same")
    mutating func bulk() {
        add(30, .bulk)
        serve()
        #expect(sessions.map(\.jobs.count) == [2, 2, 2, 2, 2, 2, 1, 1])
        finish(7)
        #expect(serve() == [7])
        finish(0)
        #expect(serve() == [0])
    }

    @Test("puts a high message into the reserved session that has been busy for longest")
    mutating func high() {
        add(30, .bulk)
        serve()
        now = now + .milliseconds(50)
        finish(6)
        serve()
        now = now + .milliseconds(10)
        add(1, .high)
        #expect(serve() == [7])
        #expect(sessions[7].jobs == [.bulk, .high])
        add(1, .high)
        #expect(serve() == [6])
        // Nothing is idle any more, and the others are full.
        add(1, .high)
        #expect(serve().isEmpty)
        finish(3)
        #expect(serve() == [3])
        #expect(sessions[3].jobs == [.bulk, .high])
    }

    @Test("prefers an idle session for anything")
    mutating func idle() {
        add(7, .bulk)
        serve()
        add(1, .high)
        #expect(serve() == [7])
        #expect(sessions.map(\.jobs.count) == Array(repeating: 1, count: 8))
    }

    @Test("normal mail alone has every place; while high mail comes, and a minute after, it leaves some")
    mutating func normal() {
        add(30, .normal)
        serve()
        #expect(sessions.map(\.jobs.count) == Array(repeating: 2, count: 8))
        add(1, .high)
        finish(6)
        #expect(serve() == [6])
        finish(7)
        #expect(serve().isEmpty)
        now = now + .seconds(61)
        #expect(serve() == [7])
    }

    @Test("a single session has no reserve")
    mutating func single() {
        var pool = Pool(.init(sessions: 1, messages: 100))
        let session = Session()
        for number in 0..<2 {
            pool.jobAdded(.bulk, .bulk)
            if number == 0, case .connect = pool.next(now: now) {
                pool.connected(session, isGreeted: true, session.load)
            }
            guard case .assign(let priority, _) = pool.next(now: now) else {
                Issue.record("a place was left empty")
                return
            }
            session.jobs.append(priority)
            pool.sessionChanged(session, session.load)
        }
        #expect(session.jobs == [.bulk, .bulk])
    }

    @Test(
        "with any mix of classes, a place is empty only if it is kept, and nobody starves",
        arguments: (0..<100).map { UInt64($0) })
    mutating func mixed(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var finished = [Priority: Int]()
        for _ in 0..<2000 {
            now = now + .milliseconds(5)
            for priority in Priority.allCases where pool.pending.count(where: { $0 == priority }) < 8 {
                add(8, priority)
            }
            serve()
            #expect(sessions.allSatisfy { !$0.jobs.isEmpty }, "seed \(seed)")
            #expect(sessions.prefix(6).allSatisfy { $0.jobs.count == 2 }, "seed \(seed)")
            let number = Int.random(in: 0..<8, using: &random)
            finished[sessions[number].jobs[0], default: 0] += 1
            finish(number)
        }
        for priority in Priority.allCases { #expect((finished[priority] ?? 0) > 60, "seed \(seed)") }
    }
}
