import Foundation
import Mail
import TestKit
import Testing

@testable import Telemetry

@Suite("The feed of events")
struct EventFeedTests {
    private static func lines(_ feed: EventFeed, _ format: LogFormat = .json) -> [String] {
        let numbers = feed.numbers
        var lines: [String] = []
        feed.slice(from: numbers.lowerBound, upTo: numbers.upperBound, octets: 1 << 20)?.forEachLine(format) {
            lines.append(String(decoding: $2, as: UTF8.self))
        }
        return lines
    }

    @Test("has the very lines of the log, in both formats", arguments: LogFormat.allCases)
    func sameLines(format: LogFormat) {
        let (output, feed) = (MemoryOutput(), EventFeed())
        let log = EventLog(format: format, output: output, feed: feed, now: { LogLineTests.now })
        log.log(.info, "accepted") { line in
            line.field("id", QueueID(rawValue: 1))
            line.field("from", ReversePath.null)
            line.field("from", ReversePath(address: Address(unchecked: #""a b"@c"#)))
            line.field("recipients", -2)
            line.field("reply", "250 \u{202E}\"x\"\n")
            line.field("reply", String(repeating: "é", count: 600))
            line.field("reply", nil as String?)
            line.field("took", Duration.microseconds(1500))
            line.field("until", LogLineTests.now)
        }
        log.log(.error, "log") { line in
            line.field("to", [Address]()[...])
            line.field("to", [Address(unchecked: "a@b"), Address(unchecked: "")][...])
            line.field(named: "me ta=", "x y")
        }
        log.close()
        #expect(output.lines.count == 2 && Self.lines(feed, format) == output.lines)
    }

    @Test("has every event of level info or above, whatever the log's level is", arguments: LogLevel.allCases)
    func levels(threshold: LogLevel) {
        let (output, feed) = (MemoryOutput(), EventFeed())
        let log = EventLog(threshold: threshold, output: output, feed: feed)
        for level in LogLevel.allCases { log.log(level, "log") }
        log.close()
        #expect(output.lines.count == LogLevel.allCases.count { $0 >= threshold })
        #expect(feed.numbers == 1..<5)
        #expect(log.isEnabled(.info) && log.isEnabled(.debug) == (threshold == .debug))
    }

    @Test("goes on while the reader of the log has stalled, and says that the log loses lines")
    func stalledLog() {
        let (output, feed) = (MemoryOutput(stalls: true), EventFeed())
        let log = EventLog(capacity: 4096, output: output, feed: feed)
        log.log(.info, "log")
        output.waitForWrite()
        for _ in 0..<1000 { log.log(.info, "log") { $0.field("text", "some words of ordinary length") } }
        #expect(feed.numbers == 1..<1002)
        output.release(3)
        log.close()
        #expect(output.lines.count < 200)
        #expect(Self.lines(feed, .text).last?.contains("warning log_lines_dropped count=") == true)
    }

    @Test("gives no events that are gone, or are to come")
    func slices() {
        let feed = EventFeed(records: 4)
        let log = EventLog(output: MemoryOutput(), feed: feed)
        for _ in 0..<6 { log.log(.info, "log") }
        log.close()
        #expect(feed.numbers == 3..<7)
        #expect(feed.slice(from: 2, upTo: 7) == nil)
        #expect(feed.slice(from: 7, upTo: 9) == nil)
        #expect(feed.slice(from: 3, upTo: 3) == nil)
        #expect(feed.slice(from: 4, upTo: 6)?.numbers == 4..<6)
    }

    @Test("An id is read as it is written, and nothing else is one")
    func ids() {
        let life = EventFeed(startedAt: Timestamp(milliseconds: 0x19A_C3F2_D1E0)).life
        #expect("\(EventID(life, 42))" == "19ac3f2d1e0-42")
        #expect(EventID("19ac3f2d1e0-42") == EventID(life, 42))
        for text in [
            "", "-", "1", "1-", "-1", "1-2-3", "1--2", "g-1", "A-1", "+1-1", "1-+1", "1-x", " 1-1",
            "11111111111111111-1", "1-1234567890123456789",
        ] { #expect(EventID(text) == nil, "\(text)") }
    }

    @Test("docs/log.md has every name of an event, and the list of names has every one of docs/log.md")
    func names() throws {
        let rows = try SourceTree.text("docs/log.md").matches(of: /\n\| `([a-z_]+)` \|/).map { String($0.1) }
        #expect(rows.count > 70 && rows.sorted() == EventType.names)
    }
}
