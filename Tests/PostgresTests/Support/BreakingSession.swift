import Synchronization

@testable import Postgres

/// Breaks a connection at one of its runs.
final class BreakPlan: Sendable {
    enum Moment: CaseIterable, Sendable {
        /// The server gets nothing.
        case before
        /// The server has done it, but its answer is lost.
        case after
    }

    private struct State {
        var runs = 0
        var fault: (run: Int, moment: Moment)?
        var isLasting = false
        var isAway = false
    }

    private let state = Mutex(State())

    /// Runs since the last plan.
    var runs: Int { state.withLock(\.runs) }
    /// Whether the planned fault is still to come.
    var isPending: Bool { state.withLock { $0.fault != nil } }

    /// - Parameters:
    ///   - run: from 1.
    ///   - isLasting: whether nobody can connect from then on.
    func lose(_ run: Int, _ moment: Moment, isLasting: Bool = false) {
        state.withLock { $0 = State(fault: (run, moment), isLasting: isLasting, isAway: $0.isAway) }
    }

    /// Plans nothing.
    func count() { state.withLock { $0 = State(isAway: $0.isAway) } }
    /// Whether nobody can connect, and connections break.
    func setAway(_ isAway: Bool) { state.withLock { $0.isAway = isAway } }

    var isAway: Bool { state.withLock(\.isAway) }

    fileprivate func next() -> Moment? {
        state.withLock { state in
            state.runs += 1
            guard !state.isAway else { return .before }
            guard let fault = state.fault, fault.run == state.runs else { return nil }
            state.fault = nil
            state.isAway = state.isLasting
            return fault.moment
        }
    }
}

/// A connection that breaks as planned.
final class BreakingSession: PostgresSession {
    private let session: PostgresConnection
    private let plan: BreakPlan

    init(_ session: PostgresConnection, _ plan: BreakPlan) {
        (self.session, self.plan) = (session, plan)
    }

    var onSilence: (@Sendable () -> Void)?
    var process: Int { session.process }
    var serverVersion: Int { session.serverVersion }
    var isReady: Bool { session.isReady }

    func run(_ queries: [PostgresQuery]) throws(PostgresError) -> [any PostgresRows] {
        let fault = plan.next()
        if fault != .before {
            let rows = try session.run(queries)
            if fault == nil { return rows }
        }
        session.close()
        throw PostgresError(.connection, "the connection broke, as planned")
    }
}
