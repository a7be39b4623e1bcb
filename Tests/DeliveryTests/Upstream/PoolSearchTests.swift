import Testing
import Upstreams

@testable import Delivery

@Suite("A pool that looks for the best number of sessions")
struct PoolSearchTests {
    private final class Session {
        var load = PoolStateMachine<Session, Int>.Load(hasRoom: true)
    }

    private typealias Pool = PoolStateMachine<Session, Int>
    private static let start = MonotonicInstant(nanoseconds: 1_000_000_000_000)

    private var pool = Pool(.init(sessions: 100, messages: 1_000_000, isSearched: true))
    private var sessions: [Session] = []
    private var now = Self.start

    /// Keeps mail waiting, and opens what is wanted; sessions take one message each.
    ///
    /// - Returns: the connections begun.
    private mutating func serve() -> Int {
        var connections = 0
        while pool.pending.count < 300 { pool.jobAdded(0) }
        while true {
            switch pool.next(now: now) {
            case .assign(_, let session):
                session.load.jobs += 1
                session.load.started += 1
                session.load.hasRoom = false
                pool.sessionChanged(session, session.load)
            case .connect: connections += 1
            case .none: return connections
            }
        }
    }

    private mutating func open(_ count: Int) {
        for _ in 0..<count {
            let session = Session()
            sessions.append(session)
            pool.connected(session, isGreeted: true, session.load)
        }
    }

    /// Every session finishes its message, 100 ms later.
    private mutating func round() {
        now = now + .milliseconds(100)
        for session in sessions where session.load.jobs > 0 {
            session.load.jobs -= 1
            session.load.hasRoom = true
            pool.jobFinished(session, isTaken: true, session.load, now: now)
        }
        open(serve())
        open(serve())
    }

    @Test("opens a few at first, and then more, some at a time")
    mutating func grows() {
        #expect(serve() == 5)
        open(5)
        var most = 0
        for _ in 0..<60 {
            let before = sessions.count
            round()
            most = max(most, sessions.count - before)
        }
        #expect(sessions.count == 100)
        #expect(most <= 12)
        #expect(pool.takeNews(now: now) == nil)
    }

    @Test("opens no more than the ramp allows, and learns nothing meanwhile")
    mutating func ramp() {
        open(serve())
        for _ in 0..<30 { round() }
        let found = pool.window.value
        #expect(found > 20)
        for session in sessions { pool.sessionEnded(session) }
        sessions = []
        pool.share = 0.1
        open(serve())
        #expect(sessions.count == Int((Double(found) * 0.1).rounded(.up)))
        for _ in 0..<30 { round() }
        #expect(pool.window.value == found)
    }

    @Test("gives up the sessions beyond what it has found, idle ones first, and none that was refused")
    mutating func surplus() {
        open(serve())
        for _ in 0..<15 { round() }
        let before = sessions.count
        #expect(before > 10)
        #expect(pool.takeSurplus().isEmpty)
        pool.sessionFailed(now: now)
        let leaving = pool.takeSurplus()
        #expect(pool.takeSurplus().isEmpty)
        #expect(pool.sessions.count == before)
        for session in leaving { #expect(pool.isUsedUp(session, now: now)) }
        #expect(before - leaving.count == min(before, pool.window.value))
    }

    @Test("takes a refused connection for a limit only beside sessions that work, and as one more than ever")
    mutating func refusal() {
        #expect(!pool.isRefusalOfMore)
        open(serve())
        #expect(!pool.isRefusalOfMore)
        for _ in 0..<2 { round() }
        #expect(pool.isRefusalOfMore)
        pool.sessionEnded(sessions.removeLast())
        #expect(!pool.isRefusalOfMore)
        var fixed = Pool(.init(sessions: 5, messages: 10))
        fixed.jobAdded(0)
        _ = fixed.next(now: now)
        #expect(!fixed.isRefusalOfMore)
    }

    @Test("keeps its sessions when relay.conf has a number instead, as far as that goes")
    mutating func resize() {
        open(serve())
        for _ in 0..<30 { round() }
        let count = sessions.count
        #expect(count > 20)
        #expect(pool.resize(to: .init(sessions: count, messages: 10), now: now).isEmpty)
        #expect(pool.resize(to: .init(sessions: 20, messages: 10), now: now).count == count - 20)
        #expect(pool.resize(to: .init(sessions: 100, messages: 10, isSearched: true), now: now).isEmpty)
        #expect(pool.window.value == 20)
    }
}
