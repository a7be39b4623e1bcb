internal import Mail
internal import Spool
internal import Synchronization

/// Has the room of messages that have left used again: a thread that runs `VACUUM` on the tables of the queue.
///
/// PostgreSQL's own looks once a minute at most, in which a busy queue leaves more dead rows than live ones.
final class PostgresVacuum: @unchecked Sendable {
    // Safety: after `init` everything is accessed only by the thread, from `run(_:)`.

    private static let tables = ["message", "content", "chunk", "attempt"]

    private let context: PostgresContext
    private var session: (any PostgresSession)?

    init(_ context: PostgresContext) {
        self.context = context
    }

    /// The thread's body: looks again and again, until the inbox is closed.
    func run(_ inbox: Inbox<Never>) {
        var nothing: [Never] = []
        let interval = context.tuning.vacuumInterval.wholeNanoseconds
        while inbox.take(into: &nothing, until: Monotonic.now + interval) { look() }
        session = nil
    }

    /// Whether as many have left since the last time as are worth it.
    static func isDue(left: Int, waiting: Int) -> Bool { left >= 10_000 + waiting / 50 }

    private func look() {
        let left = context.left.load(ordering: .relaxed)
        guard Self.isDue(left: left, waiting: context.waiting.load(ordering: .relaxed)) else { return }
        do throws(PostgresError) {
            for table in Self.tables { try clean(table) }
            context.left.subtract(left, ordering: .relaxed)
        } catch {
            // The next look tries again; the writer tells of a lost connection.
            session = nil
        }
    }

    /// Gives way to whoever has the table locked.
    private func clean(_ table: String) throws(PostgresError) {
        let session = if let session { session } else { try context.connectPatiently() }
        self.session = session
        context.vacuuming.store(session.process, ordering: .sequentiallyConsistent)
        defer { context.vacuuming.store(0, ordering: .sequentiallyConsistent) }
        guard !context.isClosing.load(ordering: .sequentiallyConsistent) else { return }
        _ = try session.run([
            PostgresQuery(PostgresStatement("", "VACUUM (TRUNCATE off, SKIP_LOCKED on) posthorse.\(table)"))
        ])
    }
}
