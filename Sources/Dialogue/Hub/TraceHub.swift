package import Mail
internal import Synchronization
package import Upstreams

/// The traces that are on, for all sessions of the relay.
///
/// What a session asks again and again is whether any is on, which is one load of a number. Everything else costs only
/// while one is.
package final class TraceHub: Sendable {
    /// How many traces may be on at a time.
    package static let most = 4

    private struct Entry {
        let trace: Trace
        let onEnd: @Sendable (TraceSummary) -> Void
    }

    private struct State {
        var entries: [Entry] = []
        var changes: UInt64 = 0
        var sessions: UInt64 = 0
        var isStopped = false
    }

    /// Changes whenever a trace begins or ends; 0 while none is on.
    private let current = Atomic<UInt64>(0)
    private let state = Mutex(State())
    private let limits: TraceBuffer.Limits
    /// The memory for what must not be shown.
    let secrets = SecretBudget()
    let now: @Sendable () -> Timestamp
    let instant: @Sendable () -> MonotonicInstant

    init(
        _ limits: TraceBuffer.Limits, now: @escaping @Sendable () -> Timestamp,
        instant: @escaping @Sendable () -> MonotonicInstant
    ) {
        self.limits = limits
        self.now = now
        self.instant = instant
    }

    /// - Parameters:
    ///   - now: the system's clock.
    ///   - instant: a clock that nobody can set.
    package convenience init(
        now: @escaping @Sendable () -> Timestamp, instant: @escaping @Sendable () -> MonotonicInstant
    ) {
        self.init(TraceBuffer.Limits(), now: now, instant: instant)
    }

    /// One that nobody starts a trace at.
    package static let unused = TraceHub(
        now: { Timestamp(milliseconds: 0) }, instant: { MonotonicInstant(nanoseconds: 0) })

    /// Whether a trace is on.
    @inline(__always)
    package var isOn: Bool { version != 0 }

    @inline(__always)
    var version: UInt64 { current.load(ordering: .relaxed) }

    // MARK: For readers

    /// Begins a trace.
    ///
    /// - Parameter onEnd: called once, from any thread; must not block.
    /// - Returns: nil if as many are on as may be, or the relay stops.
    package func start(_ order: TraceOrder, onEnd: @escaping @Sendable (TraceSummary) -> Void) -> Trace? {
        let trace = Trace(order, limits, self)
        return state.withLock { state in
            guard state.entries.count < Self.most, !state.isStopped else { return nil }
            state.entries.append(Entry(trace: trace, onEnd: onEnd))
            publish(&state)
            return trace
        }
    }

    /// Ends a trace; nothing happens if it has ended.
    package func end(_ trace: Trace, _ end: TraceSummary.End) {
        finish(remove { $0.trace === trace }, end)
    }

    /// The relay stops: ends all of them, and no other begins.
    package func stop() {
        state.withLock { $0.isStopped = true }
        finish(remove { _ in true }, .stop)
    }

    /// Whether the relay stops.
    package var isStopped: Bool { state.withLock { $0.isStopped } }

    private func remove(_ isMeant: (Entry) -> Bool) -> [Entry] {
        state.withLock { state in
            let removed = state.entries.filter(isMeant)
            state.entries.removeAll(where: isMeant)
            publish(&state)
            return removed
        }
    }

    private func finish(_ entries: [Entry], _ end: TraceSummary.End) {
        for entry in entries { entry.onEnd(entry.trace.close(end)) }
    }

    private func publish(_ state: inout State) {
        state.changes += 1
        current.store(state.entries.isEmpty ? 0 : state.changes, ordering: .relaxed)
    }

    // MARK: For sessions

    func traces(concerning party: TraceParty) -> [Trace] {
        state.withLock { state in
            state.entries.lazy.map(\.trace).filter { $0.order.filter.concerns(party) }
        }
    }

    func makeSessionNumber() -> UInt64 {
        state.withLock { state in
            state.sessions += 1
            return state.sessions
        }
    }

    /// Something that happened where there is no session.
    package func note(_ text: @autoclosure () -> String, _ party: @autoclosure () -> TraceParty) {
        guard isOn else { return }
        var tap = DialogueTap(self)
        let party = party()
        if tap.look({ party }) { tap.feed?.note(text()) }
    }
}
