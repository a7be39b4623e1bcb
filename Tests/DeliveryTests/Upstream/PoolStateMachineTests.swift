import Mail
import Testing
import Upstreams

@testable import Delivery

@Suite("The pool decides which session takes which message, and when to connect")
struct PoolStateMachineTests {
    final class Session {
        let name: Int
        init(_ name: Int) { self.name = name }
    }

    /// The pool's actions as comparable text.
    enum Wish: Equatable {
        case assign(Int, to: Int)
        case connect
    }

    private typealias Pool = PoolStateMachine<Session, Int>
    private static let start = MonotonicInstant(nanoseconds: 1_000_000_000_000)

    private var pool = Pool(.init(sessions: 3, messages: 100))
    private let sessions = (0..<4).map { Session($0) }

    /// Takes actions until there are none; sessions take one message each, or two if they pipeline.
    private mutating func wishes(depth: Int = 1, at seconds: Double = 0) -> [Wish] {
        var wishes: [Wish] = []
        while true {
            switch pool.next(now: Self.start + .seconds(seconds)) {
            case .assign(let job, let session):
                wishes.append(.assign(job, to: session.name))
                let jobs = (loads[session.name]?.jobs ?? 0) + 1
                loads[session.name, default: .init()].jobs = jobs
                loads[session.name]?.started += 1
                loads[session.name]?.hasRoom = jobs < depth
                pool.sessionChanged(session, loads[session.name]!)
            case .connect:
                wishes.append(.connect)
            case .none:
                return wishes
            }
        }
    }

    private var loads: [Int: Pool.Load] = [:]

    private mutating func add(_ jobs: Range<Int>) {
        for job in jobs { pool.jobAdded(job) }
    }

    /// Sessions that are greeted and idle.
    private mutating func open(_ names: Int..., limit: Int = .max) {
        for _ in names { beginConnection() }
        for name in names {
            loads[name] = Pool.Load(limit: limit, hasRoom: true)
            pool.connected(sessions[name], isGreeted: true, loads[name]!)
        }
    }

    /// Starts a connection, and leaves nothing waiting.
    private mutating func beginConnection() {
        for _ in 0...pool.connecting { pool.jobAdded(-1) }
        guard case .connect = pool.next(now: Self.start) else {
            Issue.record("no connection was wanted")
            return
        }
        _ = pool.removeJobs { _ in true }
    }

    private mutating func finish(_ name: Int) {
        loads[name]?.jobs -= 1
        loads[name]?.hasRoom = true
        pool.jobFinished(sessions[name], isTaken: true, loads[name]!, now: Self.start)
    }

    // MARK: - Connecting

    @Test("it connects once for each message that waits, up to its limit")
    mutating func connects() {
        #expect(wishes().isEmpty)
        add(0..<2)
        #expect(wishes() == [.connect, .connect])
        #expect(wishes().isEmpty)
        add(2..<5)
        #expect(wishes() == [.connect])
        #expect(pool.connecting == 3)
    }

    @Test("a session whose greeting is not over counts as a connection for one message")
    mutating func greeting() {
        add(0..<1)
        #expect(wishes() == [.connect])
        pool.connected(sessions[0], isGreeted: false, .init())
        #expect(wishes().isEmpty)
        #expect(!pool.hasWorkingSession)
        loads[0] = Pool.Load(hasRoom: true)
        pool.sessionReady(sessions[0], loads[0]!)
        #expect(pool.hasWorkingSession)
        #expect(wishes() == [.assign(0, to: 0)])
    }

    @Test("after a connection that failed it connects again for what still waits")
    mutating func failed() {
        add(0..<1)
        #expect(wishes() == [.connect])
        pool.connectionFailed()
        #expect(wishes() == [.connect])
        pool.connectionFailed()
        #expect(pool.removeJobs { _ in true } == [0])
        #expect(wishes().isEmpty)
    }

    @Test("it knows since when it has been connecting")
    mutating func connectingSince() {
        add(0..<2)
        _ = wishes(at: 5)
        #expect(pool.connectingSince == Self.start + .seconds(5))
        pool.connectionFailed()
        #expect(pool.connectingSince == Self.start + .seconds(5))
        pool.connectionFailed()
        #expect(pool.connectingSince == nil)
        _ = wishes(at: 7)
        #expect(pool.connectingSince == Self.start + .seconds(7))
    }

    @Test("during a ramp there are no more sessions than its part, and at least one", arguments: [(0.0, 1), (0.34, 2)])
    mutating func ramp(share: Double, count: Int) {
        pool.share = share
        add(0..<9)
        #expect(wishes() == Array(repeating: .connect, count: count))
        #expect(!pool.wantsMore(of: .normal))
        pool.share = 1
        #expect(wishes().count == 3 - count)
    }

    @Test("more messages are wanted until two wait for each session")
    mutating func wantsMore() {
        add(0..<5)
        #expect(pool.wantsMore(of: .normal))
        add(5..<6)
        #expect(!pool.wantsMore(of: .normal))
    }

    // MARK: - Giving

    @Test("messages go out in their order, to idle sessions first, then behind another one")
    mutating func order() {
        open(0, 1)
        add(0..<5)
        #expect(
            wishes(depth: 2) == [
                .assign(0, to: 0), .assign(1, to: 1), .assign(2, to: 0), .assign(3, to: 1), .connect,
            ])
        #expect(pool.inFlight == 4)
        finish(1)
        #expect(wishes(depth: 2) == [.assign(4, to: 1)])
        #expect(pool.pending.isEmpty)
    }

    @Test("a session without room gets nothing, and neither does one that has not yet said what it has room for")
    mutating func room() {
        open(0)
        add(0..<2)
        guard case .assign(0, _) = pool.next(now: Self.start) else {
            Issue.record("nothing was given")
            return
        }
        guard case .connect = pool.next(now: Self.start) else {
            Issue.record("no connection was wanted")
            return
        }
        pool.sessionChanged(sessions[0], .init(jobs: 1, started: 1, hasRoom: true))
        guard case .assign(1, _) = pool.next(now: Self.start) else {
            Issue.record("nothing was given")
            return
        }
    }

    @Test("a session has as many messages as it may, by our limit or the server's", arguments: [2, .max])
    mutating func usedUp(limit: Int) {
        pool = Pool(.init(sessions: 3, messages: limit == 2 ? 100 : 2))
        open(0, limit: limit)
        add(0..<3)
        #expect(wishes().first == .assign(0, to: 0))
        #expect(!pool.isUsedUp(sessions[0], now: Self.start))
        finish(0)
        #expect(wishes() == [.assign(1, to: 0)])
        #expect(pool.isUsedUp(sessions[0], now: Self.start))
        finish(0)
        #expect(wishes().isEmpty)
        pool.sessionEnded(sessions[0])
        #expect(!pool.isUsedUp(sessions[0], now: Self.start))
    }

    // MARK: - Habits

    private mutating func news() -> UpstreamHabit? { pool.takeNews(now: Self.start) }

    private mutating func refused(_ name: Int, at seconds: Double) -> Bool {
        pool.sessionRefused(sessions[name], now: Self.start + .seconds(seconds))
    }

    @Test("a message that comes back goes first, in a new session, and holds up nobody")
    mutating func returns() {
        open(0)
        loads[0]?.started = 1
        pool.sessionChanged(sessions[0], loads[0]!)
        add(1..<3)
        pool.jobReturned(0, wantsNewSession: true)
        #expect(wishes() == [.assign(1, to: 0), .connect, .connect])
        pool.connected(sessions[1], isGreeted: false, .init())
        loads[1] = Pool.Load(hasRoom: true)
        pool.sessionReady(sessions[1], loads[1]!)
        #expect(wishes() == [.assign(0, to: 1)])
    }

    @Test("where no session can be opened, it goes in any")
    mutating func returnsToAny() {
        pool = Pool(.init(sessions: 1, messages: 100))
        open(0)
        add(1..<2)
        #expect(wishes() == [.assign(1, to: 0)])
        finish(0)
        pool.jobReturned(0, wantsNewSession: true)
        #expect(wishes() == [.assign(0, to: 0)])
    }

    @Test("one that wants any session only goes first")
    mutating func returnsFirst() {
        open(0)
        add(1..<2)
        pool.jobReturned(0, wantsNewSession: false)
        #expect(wishes().first == .assign(0, to: 0))
        #expect(Array(pool.pending) == [1])
    }

    @Test("removing what has come back keeps the order of the others")
    mutating func removesReturned() {
        add(2..<4)
        pool.jobReturned(1, wantsNewSession: true)
        pool.jobReturned(0, wantsNewSession: true)
        let removed = pool.removeJobs { $0 == 0 || $0 == 3 }
        #expect(removed == [0, 3])
        open(0)
        #expect(pool.pending.isEmpty)
        pool.jobReturned(1, wantsNewSession: true)
        add(2..<3)
        #expect(wishes().first == .assign(1, to: 0))
    }

    @Test("a habit of short sessions is kept, and told once")
    mutating func shortSessions() {
        for _ in 0..<2 { pool.sessionUsedUp(after: 2, idle: .zero, now: Self.start) }
        #expect(news() == .messagesPerSession(2))
        #expect(news() == nil)
        open(0)
        add(0..<3)
        #expect(wishes().first == .assign(0, to: 0))
        finish(0)
        #expect(wishes() == [.assign(1, to: 0)])
        finish(0)
        #expect(wishes().isEmpty)
        #expect(pool.isUsedUp(sessions[0], now: Self.start))
    }

    @Test("refused sessions lower the number of sessions to what was open, which is told when all have answered")
    mutating func crowd() {
        add(0..<3)
        #expect(wishes() == [.connect, .connect, .connect])
        for name in 0..<3 { pool.connected(sessions[name], isGreeted: false, .init()) }
        pool.sessionEnded(sessions[2])
        #expect(refused(2, at: 0))
        #expect(news() == nil)
        for name in 0..<2 {
            loads[name] = Pool.Load(hasRoom: true)
            pool.sessionReady(sessions[name], loads[name]!)
        }
        #expect(news() == .sessions(2))
        #expect(wishes() == [.assign(0, to: 0), .assign(1, to: 1)])
        #expect(pool.window.allowed == 2)
    }

    @Test("refusals of what was pipelined behind the first one say nothing new, when the other session has ended too")
    mutating func pipelinedRefusals() {
        open(0, 1)
        add(0..<2)
        _ = wishes()
        #expect(refused(1, at: 0))
        #expect(pool.window.allowed == 1)
        finish(0)
        pool.sessionEnded(sessions[0])
        for _ in 0..<5 { #expect(refused(1, at: 0)) }
        #expect(pool.heldUntil == nil)
    }

    @Test(
        "where the only session is refused right after a message, it waits a little, three times, and longer each time")
    mutating func alone() {
        open(0)
        add(0..<1)
        _ = wishes()
        finish(0)
        pool.sessionEnded(sessions[0])
        add(0..<1)
        var waited = 0.0
        for wait in [0.1, 0.2, 0.4] {
            #expect(wishes(at: waited) == [.connect])
            pool.connected(sessions[0], isGreeted: false, .init())
            pool.sessionEnded(sessions[0])
            #expect(refused(0, at: waited))
            #expect(wishes(at: waited + wait - 0.001).isEmpty)
            waited += wait
        }
        #expect(wishes(at: waited) == [.connect])
        pool.connected(sessions[0], isGreeted: false, .init())
        pool.sessionEnded(sessions[0])
        #expect(!refused(0, at: waited))
    }

    @Test("a refusal beside former sessions, or just behind them, says nothing about how many are allowed")
    mutating func besideFormer() {
        open(0)
        add(0..<1)
        #expect(wishes() == [.assign(0, to: 0)])
        _ = pool.renew()
        add(1..<3)
        #expect(wishes() == [.connect, .connect])
        for name in 1...2 { pool.connected(sessions[name], isGreeted: false, .init()) }
        pool.sessionEnded(sessions[1])
        #expect(refused(1, at: 0))
        pool.sessionEnded(sessions[0])
        pool.sessionEnded(sessions[2])
        #expect(refused(2, at: 0.05))
        #expect(pool.window.allowed == nil)
        #expect(news() == nil)
        #expect(wishes(at: 0.099).isEmpty)
        #expect(wishes(at: 0.1) == [.connect, .connect])
    }

    @Test("where nothing of ours can be in the way, a refusal is a refusal")
    mutating func refusedAlone() {
        add(0..<1)
        #expect(wishes() == [.connect])
        pool.connected(sessions[0], isGreeted: false, .init())
        pool.sessionEnded(sessions[0])
        #expect(!refused(0, at: 0))
        #expect(wishes() == [.connect])
    }

    // MARK: - Silence

    @Test("nothing is lined up behind a silent session, and another one is opened instead")
    mutating func silent() {
        open(0)
        add(0..<1)
        #expect(wishes(depth: 2) == [.assign(0, to: 0)])
        pool.sessionSilent(sessions[0], loads[0]!)
        #expect(pool.isStalled)
        #expect(!pool.isFull)
        add(1..<2)
        #expect(wishes(depth: 2) == [.connect])
        finish(0)
        #expect(!pool.isStalled)
        #expect(wishes(depth: 2) == [.assign(1, to: 0)])
    }

    @Test("it is full when all are silent and no further one may be opened")
    mutating func full() {
        for name in 0..<3 {
            open(name)
            pool.sessionSilent(sessions[name], loads[name]!)
            #expect(pool.isFull == (name == 2))
        }
        add(0..<9)
        #expect(wishes().isEmpty)
        pool.sessionEnded(sessions[1])
        #expect(pool.isStalled)
        #expect(!pool.isFull)
        #expect(wishes() == [.connect])
    }

    @Test("a silent session makes room for another one during a ramp, but not beyond the limit")
    mutating func silentInRamp() {
        pool.share = 0.1
        open(0)
        pool.sessionSilent(sessions[0], loads[0]!)
        add(0..<9)
        #expect(wishes() == [.connect])
        pool.connected(sessions[1], isGreeted: true, .init())
        pool.sessionSilent(sessions[1], .init())
        #expect(wishes() == [.connect])
        pool.connected(sessions[2], isGreeted: true, .init())
        pool.sessionSilent(sessions[2], .init())
        #expect(wishes().isEmpty)
    }

    // MARK: - Ends

    @Test("a session that has ended is forgotten, whatever it says afterwards")
    mutating func ended() {
        open(0)
        add(0..<1)
        #expect(wishes() == [.assign(0, to: 0)])
        pool.sessionEnded(sessions[0])
        pool.sessionEnded(sessions[0])
        #expect(pool.inFlight == 0)
        #expect(pool.sessions.isEmpty)
        finish(0)
        pool.sessionReady(sessions[0], loads[0]!)
        #expect(pool.sessions.isEmpty)
        add(1..<2)
        #expect(wishes() == [.connect])
    }

    @Test("messages are taken away in their order, and the others keep theirs")
    mutating func removed() {
        add(0..<5)
        #expect(pool.removeJobs { $0.isMultiple(of: 2) } == [0, 2, 4])
        #expect(Array(pool.pending) == [1, 3])
    }

    @Test("a connection for nothing is made where there is none, once a second")
    mutating func prepared() {
        func prepare(_ seconds: Double) -> Bool {
            guard case .connect = pool.prepare(now: Self.start + .seconds(seconds)) else { return false }
            return true
        }
        #expect(prepare(0))
        #expect(!prepare(0.5))
        pool.connectionFailed()
        #expect(!prepare(0.5))
        #expect(prepare(1))
        pool.connected(sessions[0], isGreeted: true, .init())
        #expect(!prepare(9))
    }
}
