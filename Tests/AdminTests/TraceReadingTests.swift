import Dialogue
import Mail
import NIOCore
import Synchronization
import Testing
import Upstreams

@testable import Admin

@Suite("The reader of a trace")
struct TraceReadingTests {
    private let hub = TraceHub(now: { Timestamp(milliseconds: 0) }, instant: { MonotonicInstant(nanoseconds: 0) })

    /// Shows a trace to somebody who does not read: a write waits until the connection is closed.
    ///
    /// - Parameter meanwhile: called when the write waits.
    /// - Returns: how the trace has ended.
    private func stalled(
        isAllowed: Bool, for duration: Duration = TraceOrder.usualDuration,
        _ meanwhile: @escaping @Sendable () async -> Void
    ) async throws -> TraceSummary.End? {
        let (closed, closing) = AsyncStream.makeStream(of: Void.self)
        let end = Mutex<TraceSummary.End?>(nil)
        let outlet = TraceOutlet(
            isWritable: { false }, isAllowed: { isAllowed }, close: { closing.finish() })
        let order = TraceOrder(.upstream("ses"), duration: duration)
        let reading = TraceReading(order, at: hub, heartbeat: .milliseconds(1)) { summary in
            end.withLock { $0 = summary.end }
        }
        let shown = try #require(reading)
        do {
            try await shown.write(to: outlet) { _ in
                await meanwhile()
                for await _ in closed {}
                throw ChannelError.alreadyClosed
            } end: {
            }
            Issue.record("it was shown to its end")
        } catch is ChannelError {}
        return end.withLock { $0 }
    }

    @Test("When the relay stops, the connection of a reader who does not read is closed")
    func stops() async throws {
        let end = try await stalled(isAllowed: true) { [hub] in hub.stop() }
        #expect(end == .stop)
    }

    @Test("A reader who does not read when the time is over may do so later, until the relay stops")
    func stopsLater() async throws {
        let end = try await stalled(isAllowed: true, for: .milliseconds(1)) { [hub] in
            while hub.isOn { await Task.yield() }
            hub.stop()
        }
        #expect(end == .time)
    }

    @Test("A reader who may not see the trace any more and does not read is cut off")
    func revokedUnread() async throws {
        let end = try await stalled(isAllowed: false) {}
        #expect(end == .revoked)
    }

    @Test("A reader who may not see the trace any more is told so, and the answer ends")
    func revoked() async throws {
        let outlet = TraceOutlet(
            isWritable: { true }, isAllowed: { false }, close: { Issue.record("it was cut off") })
        let reading = try #require(
            TraceReading(TraceOrder(.upstream("ses")), at: hub, heartbeat: .milliseconds(1)) { _ in })
        var (text, hasFinished) = ("", false)
        try await reading.write(to: outlet) { buffer in
            text += String(buffer: buffer)
        } end: {
            hasFinished = true
        }
        #expect(text.contains("event: end\n") && text.contains("\"end\":\"revoked\"") && hasFinished)
        #expect(!hub.isOn)
    }
}
