import Admin
import Console
import NIOCore
import Testing

@testable import posthorse

@Suite("Tables of streams")
struct StreamTableTests {
    private func stream() throws -> StreamDocument {
        let text = """
            {"accepted":110,"bounce_rate":0.09,"by_state":{"deferred":2,"queued":8},"canary_percent":null,"delivered":90,\
            "failed":10,"hard_failed":9,"messages":5,"name":"spring","paused_by":null,"paused_since":null,\
            "rate_per_minute":7,"reason":null,"since":"2026-11-21T10:00:00.000Z","state":"active","unsaved":null,\
            "waiting":10}
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
}
