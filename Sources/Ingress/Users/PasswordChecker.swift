package import NIOCore
internal import NIOPosix
package import SASL
internal import Synchronization
internal import TLS

/// Checks passwords on threads of its own, since one check takes a few tenths of a second, and remembers those that were
/// right, so that an application that logs in for every message pays once.
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

    private struct State {
        var right: RecentTable<[UInt8], Bool>
        /// Who waits for each check that is queued or running.
        var waiting: [[UInt8]: [EventLoopPromise<Answer>]] = [:]
    }

    private enum Plan {
        case answer(Answer)
        case wait
        case check
    }

    private let pool: NIOThreadPool
    private let queueLimit: Int
    private let decoy: PasswordHash
    private let key: [UInt8]
    private let verify: @Sendable (PasswordHash, [UInt8]) throws -> Bool
    private let state: Mutex<State>

    /// - Parameters:
    ///   - queueLimit: different checks that may wait or run; with the usual cost, each thread does about five a second.
    ///   - memory: passwords that are remembered.
    ///   - cost: that of checking for users whom nobody knows.
    /// - Throws: `TLSError` where the system has no randomness to give.
    package convenience init(
        threads: Int = 2, queueLimit: Int = 64, memory: Int = 10_000, cost: PasswordCost = .standard
    ) throws {
        try self.init(threads: threads, queueLimit: queueLimit, memory: memory, cost: cost) { hash, password in
            try hash.verify(password)
        }
    }

    /// The same with another way to check, for tests.
    init(
        threads: Int = 1, queueLimit: Int = 64, memory: Int = 10_000, cost: PasswordCost = .standard,
        verify: @escaping @Sendable (PasswordHash, [UInt8]) throws -> Bool
    ) throws {
        pool = NIOThreadPool(numberOfThreads: threads)
        self.queueLimit = queueLimit
        self.verify = verify
        decoy = try PasswordHash.decoy(cost: cost)
        key = try SecureRandom.octets(32)
        state = Mutex(State(right: RecentTable(capacity: memory)))
        pool.start()
    }

    /// Whether it is the user's password.
    ///
    /// - Parameters:
    ///   - name: as the client gave it.
    ///   - user: nil where nobody has that name.
    ///   - eventLoop: where the answer comes; already there where the password is remembered.
    package func check(
        _ password: [UInt8], of name: String, user: UserSettings?, on eventLoop: any EventLoop
    ) -> EventLoopFuture<Answer> {
        let hash = user?.passwordHash ?? decoy
        guard let digest = digest(name, hash, password) else { return eventLoop.makeSucceededFuture(.tryLater) }
        let promise = eventLoop.makePromise(of: Answer.self)
        switch state.withLock({ Self.plan(digest, promise, limit: queueLimit, &$0) }) {
        case .answer(let answer): promise.succeed(answer)
        case .wait: break
        case .check:
            pool.submit { [self] poolState in
                switch poolState {
                case .active: finish(digest, answer(hash, password, isUser: user != nil))
                case .cancelled: finish(digest, .tryLater)
                }
            }
        }
        return promise.futureResult
    }

    /// Answers what waits with ``Answer/tryLater`` and ends the threads; nothing may be checked afterwards.
    package func stop() async {
        try? await pool.shutdownGracefully()
    }

    private static func plan(
        _ digest: [UInt8], _ promise: EventLoopPromise<Answer>, limit: Int, _ state: inout State
    ) -> Plan {
        if state.right[digest] != nil {
            state.right[digest] = true
            return .answer(.right)
        }
        if state.waiting[digest] != nil {
            state.waiting[digest]?.append(promise)
            return .wait
        }
        guard state.waiting.count < limit else { return .answer(.tryLater) }
        state.waiting[digest] = [promise]
        return .check
    }

    private func answer(_ hash: PasswordHash, _ password: [UInt8], isUser: Bool) -> Answer {
        guard let isRight = try? verify(hash, password) else { return .tryLater }
        return isRight && isUser ? .right : .wrong
    }

    private func finish(_ digest: [UInt8], _ answer: Answer) {
        let promises = state.withLock { state in
            if answer == .right { state.right[digest] = true }
            return state.waiting.removeValue(forKey: digest) ?? []
        }
        for promise in promises { promise.succeed(answer) }
    }

    /// Lengths before the parts, so that no two triples have the same octets.
    private func digest(_ name: String, _ hash: PasswordHash, _ password: [UInt8]) -> [UInt8]? {
        let head = "\(name.utf8.count) \(hash.text.utf8.count) \(name) \(hash.text) "
        return try? HMAC.authenticate(Array(head.utf8) + password, key: key)
    }
}
