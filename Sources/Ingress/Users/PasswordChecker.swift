internal import Mail
internal import NIOCore
internal import NIOPosix
package import SASL
internal import Synchronization
internal import TLS

/// Checks passwords on its own threads, because a check takes a few tenths of a second, and caches correct ones, so
/// that an application that logs in for every message pays once. ``CheckQueue`` decides the order.
///
/// The cache holds keyed digests of name, hash and password, under a key that lives as long as the process: a new hash
/// invalidates the old password at once, and memory holds no password. Wrong passwords are not cached. Identical
/// concurrent checks are made once. Unknown users cost the same time as known ones.
package final class PasswordChecker: Sendable {
    package enum Answer: Hashable, Sendable {
        case right
        case wrong
        /// Too many checks are waiting, or the library failed: 454 4.7.0.
        case tryLater
    }

    /// The origin of a check.
    struct Asker: Hashable, Sendable {
        /// Its address (IPv6: its /64).
        let client: IPAddress
        /// Whether there has been a successful login from there.
        let isTrusted: Bool
    }

    /// Identity of a check, including who asks: nobody's answer may come before its turn because somebody else asked
    /// earlier.
    private struct Name: Hashable {
        let digest: [UInt8]
        let isTrusted: Bool
    }

    /// An unanswered check.
    private struct Pending {
        let name: Name
        let hash: PasswordHash
        let password: [UInt8]
        let isUser: Bool
        var promises: [EventLoopPromise<Answer>]
        /// Checked ahead, and wrong.
        var isWrong = false
        var hasCaughtUp = false
    }

    private typealias Reply = (promises: [EventLoopPromise<Answer>], answer: Answer)

    private struct State {
        var right: RecentTable<[UInt8], Bool>
        var queue: CheckQueue
        var pending: [CheckQueue.Ticket: Pending] = [:]
        var tickets: [Name: CheckQueue.Ticket] = [:]
        /// Number of busy threads.
        var running = 0
        /// Checks whose turn has come after they were checked ahead; answered along with the next one, as if their turn
        /// took its time.
        var caughtUp: [CheckQueue.Ticket] = []
        var isStopped = false
    }

    /// Work for a thread.
    private struct Job {
        let turn: CheckQueue.Turn
        let hash: PasswordHash
        let password: [UInt8]
    }

    /// Work to do without the lock.
    private struct Work {
        var replies: [Reply] = []
        var jobs: [Job] = []
    }

    private let pool: NIOThreadPool
    private let threads: Int
    private let decoy: PasswordHash
    private let key: [UInt8]
    private let verify: @Sendable (PasswordHash, [UInt8]) throws -> Bool
    private let state: Mutex<State>

    /// - Parameters:
    ///   - threads: with the usual cost, each does about five checks a second.
    ///   - memory: number of cached passwords.
    ///   - cost: that of checks for unknown users.
    /// - Throws: `TLSError` if the system has no randomness.
    package convenience init(threads: Int = 2, memory: Int = 10_000, cost: PasswordCost = .standard) throws {
        try self.init(threads: threads, memory: memory, cost: cost) { hash, password in
            try hash.verify(password)
        }
    }

    /// The same with another way to check, for tests.
    init(
        threads: Int = 1, limits: CheckQueue.Limits = CheckQueue.Limits(), memory: Int = 10_000,
        cost: PasswordCost = .standard, verify: @escaping @Sendable (PasswordHash, [UInt8]) throws -> Bool
    ) throws {
        pool = NIOThreadPool(numberOfThreads: threads)
        self.threads = threads
        self.verify = verify
        decoy = try PasswordHash.decoy(cost: cost)
        key = try SecureRandom.octets(32)
        state = Mutex(State(right: RecentTable(capacity: memory), queue: CheckQueue(limits)))
        pool.start()
    }

    /// Whether this is the user's password.
    ///
    /// - Parameters:
    ///   - name: as sent by the client.
    ///   - user: nil for an unknown name.
    ///   - eventLoop: where the answer is delivered; immediate if the password is cached.
    func check(
        _ password: [UInt8], of name: String, user: UserSettings?, for asker: Asker, on eventLoop: any EventLoop
    ) -> EventLoopFuture<Answer> {
        let hash = user?.passwordHash ?? decoy
        guard let digest = digest(name, hash, password) else { return eventLoop.makeSucceededFuture(.tryLater) }
        let promise = eventLoop.makePromise(of: Answer.self)
        let pending = Pending(
            name: Name(digest: digest, isTrusted: asker.isTrusted), hash: hash, password: password,
            isUser: user != nil, promises: [promise])
        let (answer, work) = state.withLock { state in
            (Self.lineUp(pending, for: asker, &state), takeTurns(&state))
        }
        if let answer { promise.succeed(answer) }
        run(work)
        return promise.futureResult
    }

    /// Answers everything unanswered with ``Answer/tryLater`` and stops the threads; nothing is checked afterwards.
    package func stop() async {
        let waiting = state.withLock { state in
            state.isStopped = true
            defer { state.pending = [:] }
            return state.pending.values.flatMap(\.promises)
        }
        for promise in waiting { promise.succeed(.tryLater) }
        try? await pool.shutdownGracefully()
    }

    /// - Returns: an answer if known at once; nil if it will follow.
    private static func lineUp(_ new: Pending, for asker: Asker, _ state: inout State) -> Answer? {
        if state.right[new.name.digest] != nil {
            state.right[new.name.digest] = true
            return .right
        }
        if let ticket = state.tickets[new.name] {
            state.pending[ticket]?.promises += new.promises
            return nil
        }
        let rank: CheckQueue.Rank = asker.isTrusted ? .trusted : new.isUser ? .user : .stranger
        guard !state.isStopped, let ticket = state.queue.add(from: asker.client, as: rank) else { return .tryLater }
        state.tickets[new.name] = ticket
        state.pending[ticket] = new
        return nil
    }

    // MARK: The threads

    /// A job for each idle thread, as far as there are jobs.
    private func takeTurns(_ state: inout State) -> Work {
        var work = Work()
        while !state.isStopped, state.running < threads, let turn = state.queue.next() {
            switch turn {
            case .check(let ticket), .checkAhead(let ticket):
                guard let pending = state.pending[ticket] else { continue }
                state.running += 1
                work.jobs.append(Job(turn: turn, hash: pending.hash, password: pending.password))
            case .catchUp(let ticket): Self.catchUp(ticket, &work, &state)
            }
        }
        return work
    }

    private static func catchUp(_ ticket: CheckQueue.Ticket, _ work: inout Work, _ state: inout State) {
        guard state.pending[ticket]?.isWrong == true else {
            state.pending[ticket]?.hasCaughtUp = true
            return
        }
        guard state.running == 0 else { return state.caughtUp.append(ticket) }
        work.replies.append(close(ticket, .wrong, &state))
    }

    private func run(_ work: Work) {
        for (promises, answer) in work.replies {
            for promise in promises { promise.succeed(answer) }
        }
        for job in work.jobs {
            pool.submit { [self] poolState in
                switch poolState {
                case .active: finish(job, try? verify(job.hash, job.password))
                case .cancelled: finish(job, nil)
                }
            }
        }
    }

    /// - Parameter isRight: nil if it cannot be determined.
    private func finish(_ job: Job, _ isRight: Bool?) {
        let work = state.withLock { state in
            state.running -= 1
            let caughtUp = state.caughtUp.map { Self.close($0, .wrong, &state) }
            state.caughtUp = []
            let reply = Self.answer(job.turn, isRight, &state).map { Self.close(job.turn.ticket, $0, &state) }
            var work = takeTurns(&state)
            work.replies = caughtUp + (reply.map { [$0] } ?? []) + work.replies
            return work
        }
        run(work)
    }

    /// The answer to give now; nil to wait.
    private static func answer(_ turn: CheckQueue.Turn, _ isRight: Bool?, _ state: inout State) -> Answer? {
        guard let pending = state.pending[turn.ticket], let isRight else { return .tryLater }
        switch turn {
        case .check, .catchUp: return isRight && pending.isUser ? .right : .wrong
        case .checkAhead:
            if isRight || pending.hasCaughtUp { return isRight ? .right : .wrong }
            state.pending[turn.ticket]?.isWrong = true
            return nil
        }
    }

    /// Removes an answered check.
    private static func close(_ ticket: CheckQueue.Ticket, _ answer: Answer, _ state: inout State) -> Reply {
        guard let pending = state.pending.removeValue(forKey: ticket) else { return ([], answer) }
        state.queue.remove(ticket)
        state.tickets[pending.name] = nil
        if answer == .right { state.right[pending.name.digest] = true }
        return (pending.promises, answer)
    }

    /// Lengths precede the parts, so that no two triples yield the same octets.
    private func digest(_ name: String, _ hash: PasswordHash, _ password: [UInt8]) -> [UInt8]? {
        let head = "\(name.utf8.count) \(hash.text.utf8.count) \(name) \(hash.text) "
        return try? HMAC.authenticate(Array(head.utf8) + password, key: key)
    }
}
