import Admin
import Console
import NIOCore
import Testing

@testable import posthorse

@Suite("Tables of streams")
struct StreamTableTests {
    private func stream(
        _ state: String = "active", messages: Int = 5, waiting: Int = 10
    ) throws -> StreamDocument {
        let author = state == "paused" ? "\"operator\"" : "null"
        let text = """
            {"accepted":110,"bounce_rate":0.09,"by_state":{"deferred":2,"queued":8},"canary_percent":null,"delivered":90,\
            "failed":10,"hard_failed":9,"messages":\(messages),"name":"spring","paused_by":\(author),"paused_since":null,\
            "rate_per_minute":7,"reason":null,"since":"2026-11-21T10:00:00.000Z","state":"\(state)","unsaved":null,\
            "waiting":\(waiting)}
            """
        return try AdminJSON.decode(StreamDocument.self, from: ByteBuffer(string: text))
    }

    private var plain: Terminal { Terminal(width: 90, isColoured: false) }

    @Test("A stream is a row with its progress and its rates")
    func row() throws {
        let table = StreamTable(terminal: plain)
        let rows = table.rows(of: try stream())
        #expect(rows.count == 1)
        #expect(rows[0].split(separator: " ") == ["spring", "active", "10", "90", "10", "7", "9%"])
    }

    @Test("A report has each figure, and what waits by state")
    func report() throws {
        let lines = StreamReport(stream: try stream()).lines
        #expect(lines.contains("Stream       spring") && lines.contains("Accepted     110"))
        #expect(lines.contains("Failed       10, 9 of them hard") && lines.contains("Waiting      10 in 5 messages"))
        #expect(lines.contains("             queued 8") && lines.contains("Bounce rate  9% within the last hour"))
    }

    @Test("A rehearsal says what would become of how many messages")
    func rehearsal() throws {
        let active = StreamRehearsal(stream: try stream(messages: 1200, waiting: 1))
        #expect(
            active.lines(of: .pause) == ["This would pause spring: 1,200 messages with 1 waiting recipient would wait."]
        )
        #expect(active.lines(of: .resume) == ["spring is not paused: this would change nothing."])
        #expect(
            active.lines(of: .cancel) == [
                "This would drop 1,200 messages with 1 waiting recipient of spring and tell nobody."
            ])
        let paused = StreamRehearsal(stream: try stream("paused", messages: 1, waiting: 2))
        #expect(
            paused.lines(of: .resume) == [
                "spring is paused by the operator",
                "This would resume spring: 1 message with 2 waiting recipients could go on.",
            ])
        #expect(
            paused.lines(of: .pause) == [
                "spring is paused by the operator",
                "This would pause spring once more, with this reason: 1 message with 2 waiting recipients would go on "
                    + "waiting.",
            ])
        let empty = StreamRehearsal(stream: try stream(messages: 0, waiting: 0))
        #expect(empty.lines(of: .pause) == ["This would pause spring; nothing of it is in the queue."])
        #expect(empty.lines(of: .cancel) == ["Nothing of spring is in the queue: this would change nothing."])
    }
}
