internal import Spool
internal import Synchronization

/// A connection on loan, for short work: opened when it is needed, kept while it is whole.
///
/// It blocks the calling thread, so call it only where a thread may block. One caller after another has the connection.
///
/// Safety of `@unchecked Sendable`: `session` is used by who holds `turn`.
package final class PostgresPool: @unchecked Sendable {
    package typealias Connect = @Sendable (PostgresSettings) throws(PostgresError) -> any PostgresSession

    private let settings: PostgresSettings
    private let connect: Connect
    private let turn = MonotonicCondition()
    private var session: (any PostgresSession)?
    /// Number of attempts to connect that have failed, and why the last one has.
    private let failures = Mutex<(count: Int, last: PostgresError?)>((0, nil))

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
        let before = failures.withLock(\.count)
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

    /// The connection, opened if need be.
    ///
    /// - Parameter before: number of failed attempts when the caller came.
    func ready(_ before: Int) throws(PostgresError) -> any PostgresSession {
        if let session, session.isReady { return session }
        session = nil
        if let failure = failures.withLock({ $0.count == before ? nil : $0.last }) { throw failure }
        do throws(PostgresError) {
            let session = try connect(settings)
            self.session = session
            return session
        } catch {
            failures.withLock { $0 = ($0.count + 1, error) }
            throw error
        }
    }
}
