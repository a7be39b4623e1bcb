import TestKit
import Testing
import Upstreams

@testable import Delivery

/// Sessions that do anything in any order, and a pool that must keep its promises.
@Suite("Whatever sessions do, the pool")
struct PoolPropertyTests {
    private static let seeds = (0..<200).map { UInt64($0) }

    private final class Session {
        var isGreeted = false
        var jobs: [Int] = []
        var started = 0
        let depth: Int
        let limit: Int

        init(depth: Int, limit: Int) {
            self.depth = depth
            self.limit = limit
        }

        var load: PoolStateMachine<Session, Int>.Load {
            .init(jobs: jobs.count, started: started, limit: limit, hasRoom: isGreeted && jobs.count < depth)
        }
    }

    @Test("loses no message that comes back, and goes on in as few sessions as the server allows", arguments: seeds)
    func returns(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let allowed = Int.random(in: 1...3, using: &random)
        var pool = PoolStateMachine<Session, Int>(.init(sessions: 6, messages: 100))
        var sessions: [Session] = []
        var now = MonotonicInstant(nanoseconds: 1_000_000_000_000)
        var taken: Set<Int> = []
        for job in 0..<40 { pool.jobAdded(job) }
        for _ in 0..<2000 where taken.count < 40 {
            now = now + .milliseconds(10)
            while true {
                let action = pool.next(now: now)
                if case .assign(let job, let session) = action {
                    session.jobs.append(job)
                    session.started += 1
                    pool.sessionChanged(session, session.load)
                } else if case .connect = action {
                    let session = Session(depth: .random(in: 1...2, using: &random), limit: .max)
                    pool.connected(session, isGreeted: false, session.load)
                    if sessions.count >= allowed {
                        pool.sessionEnded(session)
                        let isLearnt = pool.sessionRefused(session, now: now)
                        #expect(isLearnt, "seed \(seed)")
                    } else {
                        session.isGreeted = true
                        sessions.append(session)
                        pool.sessionReady(session, session.load)
                    }
                } else {
                    break
                }
            }
            guard let session = sessions.randomElement(using: &random), !session.jobs.isEmpty else { continue }
            if session.started > session.jobs.count, Bool.random(using: &random) {
                // It had worked, and ends.
                sessions.removeAll { $0 === session }
                pool.sessionEnded(session)
                for job in session.jobs.reversed() { pool.jobReturned(job, wantsNewSession: .random(using: &random)) }
            } else {
                #expect(taken.insert(session.jobs.removeFirst()).inserted, "seed \(seed)")
                pool.jobFinished(session, isTaken: true, session.load, now: now)
            }
        }
        #expect(taken.count == 40, "seed \(seed)")
        #expect(pool.pending.isEmpty && pool.inFlight == 0, "seed \(seed)")
    }

    @Test("gives each message once, in order, to a session with room, and keeps its limits", arguments: seeds)
    func keeps(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let limits = PoolStateMachine<Session, Int>.Limits(
            sessions: .random(in: 1...4, using: &random), messages: .random(in: 1...9, using: &random))
        var pool = PoolStateMachine<Session, Int>(limits)
        var sessions: [Session] = []
        var connecting = 0
        var added = 0
        var given: [Int] = []

        func serve() {
            while true {
                switch pool.next(now: MonotonicInstant(nanoseconds: 0)) {
                case .assign(let job, let session):
                    #expect(session.load.hasRoom, "seed \(seed)")
                    #expect(session.started < min(limits.messages, session.limit), "seed \(seed)")
                    given.append(job)
                    session.jobs.append(job)
                    session.started += 1
                    pool.sessionChanged(session, session.load)
                case .connect:
                    connecting += 1
                case .none:
                    return
                }
                #expect(sessions.count + connecting <= limits.sessions, "seed \(seed)")
            }
        }

        for _ in 0..<300 {
            let session = sessions.randomElement(using: &random)
            switch Int.random(in: 0..<8, using: &random) {
            case 0, 1:
                pool.jobAdded(added)
                added += 1
            case 2 where connecting > 0:
                connecting -= 1
                let session = Session(
                    depth: .random(in: 1...2, using: &random), limit: .random(in: 1...9, using: &random))
                sessions.append(session)
                pool.connected(session, isGreeted: false, session.load)
            case 3 where connecting > 0:
                connecting -= 1
                pool.connectionFailed()
            case 4:
                guard let session, !session.isGreeted else { continue }
                session.isGreeted = true
                pool.sessionReady(session, session.load)
            case 5:
                guard let session, !session.jobs.isEmpty else { continue }
                session.jobs.removeFirst()
                pool.jobFinished(session, isTaken: true, session.load, now: MonotonicInstant(nanoseconds: 0))
            case 6:
                guard let session, !session.jobs.isEmpty else { continue }
                pool.sessionSilent(session, session.load)
            case 7:
                guard let session else { continue }
                sessions.removeAll { $0 === session }
                pool.sessionEnded(session)
            default:
                continue
            }
            serve()
            #expect(pool.inFlight == sessions.reduce(0) { $0 + $1.jobs.count }, "seed \(seed)")
            #expect(pool.connecting == connecting, "seed \(seed)")
        }
        // Given once each, in order of arrival, and the others still wait.
        #expect(given + Array(pool.pending) == Array(0..<added), "seed \(seed)")
    }
}
