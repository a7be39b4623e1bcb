internal import Dialogue
internal import NIOCore
import Synchronization

/// One reader of a trace, which ends with it: also where the client has gone before its answer could begin.
final class TraceReading: Sendable {
    /// How often it is looked whether a reader reads what is left at the end.
    private static let patience = Duration.milliseconds(250)

    private let hub: TraceHub
    private let trace: Trace
    private let summary: Summary
    private let heartbeat: Duration

    /// Begins a trace; nil if as many are on as may be, or the relay stops.
    ///
    /// - Parameters:
    ///   - heartbeat: how often it is looked whether the client is still there, and may see the trace.
    ///   - onEnd: called once; must not block.
    init?(
        _ order: TraceOrder, at hub: TraceHub, heartbeat: Duration = .seconds(5),
        onEnd: @escaping @Sendable (TraceSummary) -> Void
    ) {
        let summary = Summary()
        let trace = hub.start(order) { end in
            summary.set(end)
            onEnd(end)
        }
        guard let trace else { return nil }
        (self.hub, self.trace, self.summary, self.heartbeat) = (hub, trace, summary, heartbeat)
    }

    deinit { hub.end(trace, .reader) }

    /// Writes what comes, until the trace is over.
    ///
    /// - Parameter finish: ends the answer.
    func write(
        to outlet: TraceOutlet, _ output: (ByteBuffer) async throws -> Void, end finish: () async throws -> Void
    ) async throws {
        defer { hub.end(trace, .reader) }
        try await withThrowingTaskGroup(of: Void.self) { [hub, trace, summary, heartbeat] tasks in
            // Also where the client does not read, and a write waits.
            tasks.addTask {
                try await Task.sleep(for: trace.order.duration)
                hub.end(trace, .time)
            }
            tasks.addTask { try await Self.watch(trace, at: hub, outlet, every: heartbeat) }
            tasks.addTask { try await Self.cut(outlet, after: summary, at: hub) }
            defer { tasks.cancelAll() }
            // So that the reader knows that it is on.
            try await output(EventStream.heartbeat)
            for await _ in trace.news { try await output(try Self.events(trace.take())) }
            try await output(try lastEvents())
            try await finish()
        }
    }

    /// Has the reader look from time to time, and ends the trace of one who may not see it any more.
    private static func watch(
        _ trace: Trace, at hub: TraceHub, _ outlet: TraceOutlet, every heartbeat: Duration
    ) async throws {
        while true {
            try await Task.sleep(for: heartbeat)
            guard outlet.isAllowed() else { return hub.end(trace, .revoked) }
            trace.ring()
        }
    }

    /// Closes the connection if what is left at the end is not read, where nobody may wait for it.
    private static func cut(_ outlet: TraceOutlet, after summary: Summary, at hub: TraceHub) async throws {
        for await _ in summary.isOver {}
        // Whose time is over may read the rest at leisure, as in a pager.
        while summary.value?.end == .time, !hub.isStopped, outlet.isAllowed() { try await Task.sleep(for: patience) }
        while await outlet.isWritable() { try await Task.sleep(for: patience) }
        try Task.checkCancellation()
        outlet.close()
    }

    private static func events(_ lines: [TraceLine]) throws -> ByteBuffer {
        guard !lines.isEmpty else { return EventStream.heartbeat }
        var events = ByteBuffer()
        for line in lines { try EventStream.append("trace", TraceDocument(line), to: &events) }
        return events
    }

    private func lastEvents() throws -> ByteBuffer {
        let lines = trace.take()
        var events = lines.isEmpty ? ByteBuffer() : try Self.events(lines)
        if let end = summary.value {
            try EventStream.append("end", TraceEndDocument(end), to: &events)
        }
        return events
    }

    /// What has come of it, once it is over.
    private final class Summary: Sendable {
        /// Without elements; ends with the trace.
        let isOver: AsyncStream<Void>
        private let ending: AsyncStream<Void>.Continuation
        private let stored = Mutex<TraceSummary?>(nil)

        init() {
            (isOver, ending) = AsyncStream.makeStream(of: Void.self)
        }

        var value: TraceSummary? { stored.withLock { $0 } }

        func set(_ summary: TraceSummary) {
            stored.withLock { $0 = summary }
            ending.finish()
        }
    }
}
