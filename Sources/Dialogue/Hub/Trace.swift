internal import Synchronization
internal import Upstreams

/// One trace while it is on. Sessions put lines in from their event loops, and never wait; one reader takes them out.
package final class Trace: Sendable {
    package let order: TraceOrder
    /// An element whenever there is something to take, or the reader is to look; ends with the trace.
    package let news: AsyncStream<Void>
    private let bell: AsyncStream<Void>.Continuation
    private let hub: TraceHub
    private let buffer: Mutex<TraceBuffer>
    private let began: MonotonicInstant

    init(_ order: TraceOrder, _ limits: TraceBuffer.Limits, _ hub: TraceHub) {
        self.order = order
        self.hub = hub
        began = hub.instant()
        buffer = Mutex(TraceBuffer(limits, now: began))
        (news, bell) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    // MARK: For sessions

    func put(_ line: TraceLine) {
        let now = hub.instant()
        if buffer.withLock({ $0.add(line, now: now) }) { ring() }
    }

    func hold(_ line: TraceLine, of session: UInt64) { buffer.withLock { $0.hold(line, of: session) } }

    func release(_ session: UInt64) {
        let now = hub.instant()
        if buffer.withLock({ $0.release(session, now: now) }) { ring() }
    }

    func forget(_ session: UInt64) { buffer.withLock { $0.forget(session) } }

    // MARK: For the reader

    /// What has come since the last call.
    package func take() -> [TraceLine] {
        let moment = hub.now()
        return buffer.withLock { $0.take { .dropped($0, at: moment) } }
    }

    /// Has the reader look, so that it finds out whether it is still there.
    package func ring() { bell.yield() }

    func close(_ end: TraceSummary.End) -> TraceSummary {
        let lasted = hub.instant() - began
        let summary = buffer.withLock { buffer in
            buffer.close()
            return TraceSummary(end: end, lines: buffer.shown, dropped: buffer.dropped, lasted: lasted)
        }
        bell.finish()
        return summary
    }
}
