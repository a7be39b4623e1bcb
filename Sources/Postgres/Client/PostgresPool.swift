import Glibc

/// A connection on loan, for short work: opened when it is needed, kept while it is whole.
///
/// It blocks the calling thread, so call it only where a thread may block. One caller after another has the connection.
///
/// Safety of `@unchecked Sendable`: `turn` is held where `session` is used, `state` where the rest is.
package final class PostgresPool: @unchecked Sendable {
    package typealias Connect = @Sendable (PostgresSettings) throws(PostgresError) -> any PostgresSession

    private let settings: PostgresSettings
    private let connect: Connect
    private let turn = BlockingLock()
    private var session: (any PostgresSession)?
    private let state = BlockingLock()
    /// Number of attempts to connect that have failed, and why the last one has.
    private var failures = 0
    private var failure: PostgresError?

    package init(
        _ settings: PostgresSettings,
        connect: @escaping Connect = { settings throws(PostgresError) in try PostgresConnector.connect(settings) }
    ) {
        self.settings = settings
        self.connect = connect
    }

    /// Lends the connection to `body`, which must not use the pool itself. After a fatal error, or when `body` leaves a
    /// transaction open, the next caller gets a new connection; nothing is tried again.
    ///
    /// - Throws: what `body` throws, or why there is no connection. Callers that have waited while an attempt to connect
    ///   failed get its error: each of them would otherwise wait for an attempt of its own.
    package func use<Result>(
        _ body: (any PostgresSession) throws(PostgresError) -> Result
    ) throws(PostgresError) -> Result {
        let before = state.withLock { failures }
        turn.lock()
        defer { turn.unlock() }
        let session = try ready(before)
        do throws(PostgresError) {
            return try body(session)
        } catch {
            if error.isFatal { self.session = nil }
            throw error
        }
    }

    /// Closes the connection; the next use opens another one.
    package func close() {
        turn.lock()
        defer { turn.unlock() }
        session = nil
    }

    private func ready(_ before: Int) throws(PostgresError) -> any PostgresSession {
        if let session, session.isReady { return session }
        session = nil
        if let failure = state.withLock({ failures == before ? nil : failure }) { throw failure }
        do throws(PostgresError) {
            let session = try connect(settings)
            self.session = session
            return session
        } catch {
            state.withLock {
                failures += 1
                failure = error
            }
            throw error
        }
    }
}

/// A lock that may be held while its holder waits for the database.
final class BlockingLock: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    // Safety of `@unchecked Sendable`: the address does not change, and mutexes are made for several threads.

    init() { pthread_mutex_init(mutex, nil) }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    func lock() { pthread_mutex_lock(mutex) }
    func unlock() { pthread_mutex_unlock(mutex) }

    func withLock<Result>(_ body: () -> Result) -> Result {
        lock()
        defer { unlock() }
        return body()
    }
}
