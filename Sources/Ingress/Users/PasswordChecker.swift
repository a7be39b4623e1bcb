internal import NIOCore
internal import NIOPosix
package import SASL
internal import Synchronization
internal import TLS

/// Checks passwords on threads of its own, since one check takes a few tenths of a second, and remembers those that were
/// right, so that an application that logs in for every message pays once. What waits is served as ``CheckQueue`` says.
///
/// What is remembered is a keyed digest of name, hash and password under a key that lives as long as the process: a new hash
/// makes the old password unknown at once, and memory holds no password. Nothing is remembered of those that were wrong.
/// The same check asked for many times at once is made once. Unknown users cost the same time as known ones.
package final class PasswordChecker: Sendable {
    package enum Answer: Hashable, Sendable {
        case right
        case wrong
        /// Too many checks wait, or the library failed: 454 4.7.0.
        case tryLater
    }

    /// Who wants a password to be checked.
    struct Asker: Hashable, Sendable {
        /// Its address, of IPv6 its network of 64 bits.
        let client: ClientAddress
        /// Whether somebody has logged in from there before.
        let isTrusted: Bool
    }

    /// What is the same check: one asker's answer may not come before its turn because another one asked before.
    private struct Name: Hashable {
        let digest: [UInt8]
        let isTrusted: Bool
    }

    /// A check without an answer.
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
        /// Threads that are busy.
        var running = 0
        /// Those whose turn has come after they were checked ahead; told with the next answer, as if their turn took its time.
        var caughtUp: [CheckQueue.Ticket] = []
        var isStopped = false
    }

    /// What a thread has to do.
    private struct Job {
        let turn: CheckQueue.Turn
        let hash: PasswordHash
        let password: [UInt8]
    }

    /// What is to be done without the lock.
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
    ///   - memory: passwords that are remembered.
    ///   - cost: that of checking for users whom nobody knows.
    /// - Throws: `TLSError` where the system has no randomness to give.
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

    /// Whether it is the user's password.
    ///
    /// - Parameters:
    ///   - name: as the client gave it.
    ///   - user: nil where nobody has that name.
    ///   - eventLoop: where the answer comes; already there where the password is remembered.
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

    /// Answers all that has no answer with ``Answer/tryLater`` and ends the threads; nothing is checked afterwards.
    package func stop() async {
        let waiting = state.withLock { state in
            state.isStopped = true
            defer { state.pending = [:] }
            return state.pending.values.flatMap(\.promises)
        }
        for promise in waiting { promise.succeed(.tryLater) }
        try? await pool.shutdownGracefully()
    }

    /// - Returns: an answer that is known at once; nil where one will come.
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

    /// A job for each thread that has none, as far as there are some.
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

    /// - Parameter isRight: nil where nobody can tell.
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

    /// What is to be told now; nil where it is to wait.
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

    /// Forgets a check that has its answer.
    private static func close(_ ticket: CheckQueue.Ticket, _ answer: Answer, _ state: inout State) -> Reply {
        guard let pending = state.pending.removeValue(forKey: ticket) else { return ([], answer) }
        state.queue.remove(ticket)
        state.tickets[pending.name] = nil
        if answer == .right { state.right[pending.name.digest] = true }
        return (pending.promises, answer)
    }

    /// Lengths before the parts, so that no two triples have the same octets.
    private func digest(_ name: String, _ hash: PasswordHash, _ password: [UInt8]) -> [UInt8]? {
        let head = "\(name.utf8.count) \(hash.text.utf8.count) \(name) \(hash.text) "
        return try? HMAC.authenticate(Array(head.utf8) + password, key: key)
    }
}
