import Mail
import TestKit
import Testing

@testable import Suppression

/// CSV by RFC 4180, JSON by RFC 8259.
@Suite("A file of suppressions")
struct SuppressionImportTests {
    private static let now = Timestamp(milliseconds: 1_790_000_000_000)

    private static func read(_ text: String) -> (entries: [SuppressionEntry], problems: [String]) {
        read(Array(text.utf8))
    }

    private static func read(_ octets: [UInt8]) -> (entries: [SuppressionEntry], problems: [String]) {
        var defaults = SuppressionImport.Defaults(now: now, routes: ["bulk", "default"])
        (defaults.reason, defaults.who) = ("list of May", "uid:0")
        var entries: [SuppressionEntry] = []
        let problems = octets.withUnsafeBytes { SuppressionImport.read($0, defaults) { entries.append($0) } }
        return (entries, problems.map(\.description))
    }

    @Test("may be a plain list")
    func plain() {
        let (entries, problems) = Self.read("\u{FEFF}bob@example.com\r\n\r\n  Ann@Example.com \n@example.org")
        #expect(problems.isEmpty)
        #expect(entries.map(\.key.pattern.text) == ["bob@example.com", "ann@example.com", "@example.org"])
        #expect(entries.allSatisfy { $0.source == .import && $0.reason == "list of May" && $0.addedBy == "uid:0" })
        #expect(entries.allSatisfy { $0.addedAt == Self.now && $0.expiresAt == nil && $0.key.route == nil })
    }

    @Test("may be CSV with a header, in any order")
    func header() throws {
        let (entries, problems) = Self.read(
            "Reason,email,expires_at,route\n\"said \"\"no\"\",\nloudly\",bob@example.com,2027-01-01T00:00:00Z,bulk\n")
        #expect(problems.isEmpty)
        let entry = try #require(entries.first)
        #expect(entry.reason == "said \"no\", loudly")
        #expect(entry.key.route == "bulk")
        #expect(entry.expiresAt?.dateTime == "2027-01-01T00:00:00Z")
    }

    @Test("may be lines of JSON")
    func json() throws {
        let (entries, problems) = Self.read(
            #"""
            {"pattern":"b\u00f6b@example.com","reason":"a \ud83d\ude00 \"b\"","source":"hard_bounces","expires_at":null}

            { "pattern" : "user@*" }
            """#)
        #expect(problems.isEmpty)
        #expect(entries.map(\.key.pattern.text) == ["böb@example.com", "user@*"])
        #expect(entries[0].reason == "a 😀 \"b\"")
        #expect(entries[0].source == .hardBounces)
        #expect(entries[0].addedBy == nil)
        #expect(entries[1].source == .import)
    }

    @Test("tells everything that is wrong, with the line")
    func problems() {
        let (_, problems) = Self.read(
            "pattern,added_at\nbob@example.com,yesterday\nnobody\nann@example.com,,,\n\"open\n@*,\nok@example.com,\n")
        #expect(problems.count == 5)
        #expect(zip(problems, [2, 3, 4, 5, 6]).allSatisfy { $0.hasPrefix("line \($1): ") })
    }

    @Test(
        "is refused for a line that is not right",
        arguments: [
            "{\"pattern\":\"bob\"}", "{\"patern\":\"bob@example.com\"}", "{}", "{", "{\"pattern\":1}",
            "{\"pattern\":\"bob@example.com\"}x", "{\"pattern\":\"bob@example.com\",\"pattern\":\"ann@example.com\"}",
            "{\"pattern\":\"\\ud800@example.com\"}", "{\"pattern\":\"bob@example.com\",\"source\":\"me\"}",
            "{\"pattern\":\"bob@example.com\",\"route\":\"nowhere\"}", "{\"pattern\":\"bob@example.com\\u0000\"}",
            "pattern,colour\nbob@example.com,red", "pattern,pattern\na@b.example,a@b.example",
            "\"bob@example.com\"x", "bob@example.com,\"", "\0", "bob@exa\u{0}mple.com",
            String(repeating: "a", count: 20_000),
        ])
    func refused(_ text: String) {
        #expect(!Self.read(text).problems.isEmpty)
    }

    @Test("octets that are not UTF-8 are a problem of their line")
    func notUTF8() {
        let (entries, problems) = Self.read(
            Array("a@example.com\n".utf8) + [0xFF, 0xFE, 0x0A] + Array("b@example.com".utf8))
        #expect(problems == ["line 2: it is not UTF-8"])
        #expect(entries.count == 2)
    }

    @Test("an exported suppression comes back as it was")
    func roundTrip() throws {
        let entries = [
            SuppressionEntry(
                SuppressionKey(try SuppressionPattern("bob@example.com"), route: "bulk"), reason: "a, \"b\" c",
                source: .operator, addedBy: "uid:1000", addedAt: Self.now, expiresAt: Self.now + .milliseconds(1234)),
            SuppressionEntry(
                SuppressionKey(try SuppressionPattern("\"b, c\"@example.com")), reason: "", source: .softBounces,
                addedAt: Self.now - .milliseconds(7)),
        ]
        let file = SuppressionExport.header + entries.map(SuppressionExport.csv).joined()
        let read = Self.read(file)
        #expect(read.problems.isEmpty)
        #expect(read.entries.map(\.key) == entries.map(\.key))
        #expect(read.entries[0] == entries[0])
        #expect(read.entries[1].addedAt == entries[1].addedAt)
    }

    @Test("nothing was added in the future")
    func future() {
        let (entries, problems) = Self.read("pattern,added_at\nbob@example.com,2999-01-01T00:00:00Z\n")
        #expect(problems.isEmpty && entries.map(\.addedAt) == [Self.now])
    }

    @Test("a hint is given only where it helps")
    func hints() {
        let (_, problems) = Self.read("# comment\nexample.org\nnobody\n")
        #expect(problems.map { $0.contains("stands for a whole domain") } == [false, true, false])
    }

    @Test("any octets are read to the end")
    func hostile() {
        var random = SeededGenerator(seed: 5)
        let pieces = [
            "\"", ",", "\n", "\r\n", "{", "}", ":", "\\u", "\\", "null", "a@b.example", "@", "*", " ", "\0", "pattern",
        ]
        for _ in 0..<2000 {
            let count = Int.random(in: 0..<30, using: &random)
            let text = (0..<count).map { _ in pieces[Int.random(in: pieces.indices, using: &random)] }.joined()
            let (entries, problems) = Self.read(text)
            #expect(entries.count + problems.count <= text.utf8.count)
        }
    }
}
