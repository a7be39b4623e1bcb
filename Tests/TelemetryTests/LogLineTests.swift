import Foundation
import Mail
import Telemetry
import Testing

@Suite("Log lines")
struct LogLineTests {
    static let now = Timestamp(milliseconds: 1_795_255_200_123)

    static func lines(
        _ format: LogFormat, threshold: LogLevel = .debug, _ body: (EventLog) -> Void
    ) -> [String] {
        let output = MemoryOutput()
        let log = EventLog(format: format, threshold: threshold, output: output, now: { now })
        body(log)
        log.close()
        return output.lines
    }

    @Test("A text line has time, level, event, and fields in order")
    func text() {
        let lines = Self.lines(.text) { log in
            log.log(.info, "delivered") { line in
                line.field("id", QueueID(rawValue: 1))
                line.field("to", [Address(unchecked: "a@b")][...])
                line.field("upstream", "ses")
                line.field("reply", "250 2.0.0 Ok")
                line.field("took", Duration.milliseconds(12))
            }
        }
        let expected =
            #"2026-11-21T10:00:00.123Z info delivered id=0000000000001 to=<a@b> upstream=ses reply="250 2.0.0 Ok" took=12ms"#
        #expect(lines == [expected])
    }

    @Test("A JSON line is one object with the same fields")
    func json() {
        let lines = Self.lines(.json) { log in
            log.log(.warning, "failed") { line in
                line.field("id", QueueID(rawValue: 1))
                line.field("to", [Address(unchecked: "a@b"), Address(unchecked: "c@d")][...])
                line.field("size", 12)
                line.field("from", ReversePath.null)
                line.field("took", Duration.microseconds(1_500))
            }
        }
        let expected =
            #"{"time":"2026-11-21T10:00:00.123Z","level":"warning","event":"failed","id":"0000000000001","to":["a@b","c@d"],"size":12,"from":"","took_ms":1.5}"#
        #expect(lines == [expected])
    }

    @Test(
        "A duration is given in milliseconds, with one decimal below ten",
        arguments: [(0, "0ms"), (400, "0.4ms"), (9_900, "9.9ms"), (10_900, "10ms"), (61_000_000, "61000ms")])
    func durations(microseconds: Int, text: String) {
        let lines = Self.lines(.text) { log in
            log.log(.info, "x") { $0.field("took", Duration.microseconds(microseconds)) }
        }
        #expect(lines.first?.hasSuffix(" took=\(text)") == true)
    }

    static let hostile = [
        "250 ok\n2026-11-21T10:00:00.123Z info delivered id=0", "250 ok\r\nforged", "a\u{0}b", "\u{1B}[2Jclear",
        "line\u{2028}separator", "next\u{85}line", "\u{202E}desrever", "quote\" upstream=\"x", #"back\slash"#, "\u{7F}",
        "tab\tand\u{9B}31m", "\u{200F}right", "", "ü — 日本 🎉", "equals=sign",
    ]

    @Test("No value can end a line, a quoted value or a JSON string", arguments: hostile)
    func escaping(value: String) throws {
        let text = Self.lines(.text) { $0.log(.info, "x") { $0.field("reply", value) } }
        try #require(text.count == 1)
        #expect(text[0].unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F..<0xA0).contains($0.value) })
        #expect(text[0].unicodeScalars.allSatisfy { !(0x2028...0x202E).contains($0.value) && $0.value != 0x200F })
        let json = Self.lines(.json) { $0.log(.info, "x") { $0.field("reply", value) } }
        try #require(json.count == 1)
        let object = try JSONSerialization.jsonObject(with: Data(json[0].utf8)) as? [String: String]
        #expect(object?["reply"] == value)
        // A value quoted in the text format is a JSON string too.
        if let quoted = text[0].range(of: "reply=\"") {
            let string = "[\"" + text[0][quoted.upperBound...] + "]"
            #expect(try JSONSerialization.jsonObject(with: Data(string.utf8)) as? [String] == [value])
        }
    }

    @Test("A long value is truncated between characters and marked")
    func longValues() throws {
        let lines = Self.lines(.json) { $0.log(.info, "x") { $0.field("reply", String(repeating: "é", count: 5_000)) } }
        let object = try JSONSerialization.jsonObject(with: Data(lines[0].utf8)) as? [String: String]
        #expect(object?["reply"] == String(repeating: "é", count: 512) + "…")
    }

    @Test("Addresses with odd characters remain one value in the text format")
    func oddAddresses() {
        let odd = Address(unchecked: #""a b"@c"#)
        let lines = Self.lines(.text) { $0.log(.info, "x") { $0.field("to", [odd][...]) } }
        #expect(lines.first?.hasSuffix(#" to="<\"a b\"@c>""#) == true)
    }

    @Test("Several addresses are joined by commas in the text format")
    func severalAddresses() {
        let addresses = ["a@b", "c@d"].map { Address(unchecked: $0) }
        let lines = Self.lines(.text) { $0.log(.info, "x") { $0.field("to", addresses[...]) } }
        #expect(lines.first?.hasSuffix(" to=<a@b>,<c@d>") == true)
    }

    @Test("Lines below the threshold are not written", arguments: LogLevel.allCases)
    func threshold(level: LogLevel) {
        let lines = Self.lines(.text, threshold: level) { log in
            for each in LogLevel.allCases { log.log(each, "x") }
        }
        #expect(lines.count == LogLevel.allCases.filter { $0 >= level }.count)
    }

    @Test("The words of the levels are those of relay.conf")
    func levelNames() {
        #expect(LogLevel.allCases.map { "\($0.name)" } == ["debug", "info", "notice", "warning", "error"])
        #expect(LogLevel(name: "notice") == .notice)
        #expect(LogLevel(name: "loud") == nil)
    }
}
