import Dispatch
import Postgres
import Synchronization

/// Which statements of a spool's writer fail, and how.
final class FaultPlan: Sendable {
    enum Kind: Hashable, Sendable {
        /// The connection breaks when the statements before it have been carried out.
        case lostBefore
        /// It is carried out, and the connection breaks before anybody is told.
        case lostAfter
        /// The server refuses it, with this SQLSTATE.
        case refused(String)

        static let all: [Kind] = [.lostBefore, .lostAfter, .refused("53100"), .refused("XX000")]
    }

    private struct State {
        /// How many statements to let pass before each fault.
        var faults: [(passes: Int, kind: Kind)] = []
        var named: (statement: PostgresStatement, kind: Kind)?
        var fired = 0
    }

    private let state = Mutex(State())
    private let connections = DispatchSemaphore(value: 1)

    /// The statement after `passes` others fails, counted from now.
    func arm(_ faults: (passes: Int, kind: Kind)...) { state.withLock { $0.faults = faults } }

    func arm(at statement: PostgresStatement, _ kind: Kind) { state.withLock { $0.named = (statement, kind) } }

    func arm(_ faults: [(passes: Int, kind: Kind)]) { state.withLock { $0.faults = faults } }

    /// No fault any more.
    ///
    /// - Returns: how many there have been since the last time.
    func disarm() -> Int {
        state.withLock { state in
            defer { state = State() }
            return state.fired
        }
    }

    /// Runs `body` while nobody can connect.
    func unreachable(_ body: () async -> Void) async {
        connections.wait()
        await body()
        connections.signal()
    }

    func connect(_ settings: PostgresSettings) throws(PostgresError) -> FaultySession {
        connections.wait()
        defer { connections.signal() }
        return FaultySession(try PostgresConnector.connect(settings), self)
    }

    /// The place of the next fault among statements; nil if all of them pass.
    func next(among queries: [PostgresQuery]) -> (index: Int, kind: Kind)? {
        state.withLock { state in
            if let named = state.named, let index = queries.firstIndex(where: { $0.statement == named.statement }) {
                state.named = nil
                state.fired += 1
                return (index, named.kind)
            }
            let count = queries.count
            guard let first = state.faults.first else { return nil }
            guard first.passes < count else {
                state.faults[0].passes -= count
                return nil
            }
            state.faults.removeFirst()
            state.fired += 1
            return (first.passes, first.kind)
        }
    }
}

/// A connection that fails as planned, once it is the one that the spool writes through. What the server has been sent by
/// then is carried out, as it would be.
final class FaultySession: PostgresSession {
    private let plan: FaultPlan
    private var session: PostgresConnection?
    private var isWriter = false
    private var isInTransaction = false

    let process: Int
    let serverVersion: Int
    var onSilence: (@Sendable () -> Void)? {
        didSet { session?.onSilence = onSilence }
    }

    init(_ session: PostgresConnection, _ plan: FaultPlan) {
        (self.session, self.plan) = (session, plan)
        (process, serverVersion) = (session.process, session.serverVersion)
    }

    func run(_ queries: [PostgresQuery]) throws(PostgresError) -> [any PostgresRows] {
        guard let session else { throw Self.lost }
        isWriter = isWriter || queries.contains { $0.statement.name == "link_name" }
        guard isWriter, let fault = plan.next(among: queries) else {
            note(queries)
            return try session.run(queries)
        }
        switch fault.kind {
        case .lostBefore: try lose(session, Array(queries[..<fault.index]), of: queries.count)
        case .lostAfter: try lose(session, Array(queries[...fault.index]), of: queries.count)
        case .refused(let state): return try session.run(queries[..<fault.index] + [Self.refusal(state)])
        }
    }

    private func lose(
        _ session: PostgresConnection, _ queries: [PostgresQuery], of count: Int
    ) throws(PostgresError) -> Never {
        note(queries)
        // Outside of a transaction the statements of a pipeline are one: all or none.
        if !queries.isEmpty, isInTransaction || queries.contains(where: Self.endsTransaction) || queries.count == count
        {
            _ = try session.run(queries)
        }
        self.session = nil
        throw Self.lost
    }

    private func note(_ queries: [PostgresQuery]) {
        for query in queries {
            if query.statement == .begin { isInTransaction = true }
            if Self.endsTransaction(query) { isInTransaction = false }
        }
    }

    private static func endsTransaction(_ query: PostgresQuery) -> Bool {
        query.statement == .commit || query.statement == .rollback
    }

    private static let lost = PostgresError(.connection, "the connection was cut by the test")

    private static func refusal(_ state: String) -> PostgresQuery {
        let block = "BEGIN RAISE EXCEPTION 'refused by the test' USING ERRCODE = '\(state)'; END"
        return PostgresQuery(PostgresStatement("", "DO $$ \(block) $$"))
    }
}
