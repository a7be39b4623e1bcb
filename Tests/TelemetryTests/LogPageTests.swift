import Foundation
import TestKit
import Testing

/// Names of events and fields are a contract: what the sources log and what the page lists must be the same.
@Suite("docs/log.md")
struct LogPageTests {
    /// One event as the page or the sources have it: its name, levels and fields.
    private struct Line: Hashable, CustomStringConvertible {
        let event: String
        let levels: Set<String>
        let fields: [String]

        var description: String { "\(event) \(levels.sorted()) \(fields)" }
    }

    @Test("lists every event that the sources log, with its levels and fields, and no other")
    func events() throws {
        let logged = try Self.sources().flatMap(Self.lines(inSource:))
        let listed = Self.lines(inPage: try SourceTree.text("docs/log.md"))
        #expect(logged.count >= 40)
        #expect(Set(listed.map(\.event)).count == listed.count, "an event is listed twice")
        #expect(Set(logged).subtracting(listed) == [], "not listed")
        #expect(Set(listed).subtracting(logged) == [], "not logged")
    }

    // MARK: the sources

    private static func sources() throws -> [String] {
        let root = SourceTree.file("Sources")
        let paths = try FileManager.default.subpathsOfDirectory(atPath: root.path).filter { $0.hasSuffix(".swift") }
        return try paths.map { try String(contentsOf: root.appendingPathComponent($0), encoding: .utf8) }
    }

    /// Each call of `EventLog.log`, and what ``LogQueue`` writes itself: the call up to its first `{` or the end of the
    /// line has levels and events, the rest up to the next call has fields.
    private static func lines(inSource text: String) -> [Line] {
        let code = text.split(separator: "\n").filter { !$0.contains("///") && !$0.contains("func log(") }
        return code.joined(separator: "\n").split(separator: /[^A-Za-z_]log\(|\.begin\((?=\.)/).dropFirst()
            .flatMap(lines(inCall:))
    }

    private static func lines(inCall call: Substring) -> [Line] {
        let end = call.firstIndex { $0 == "{" || $0 == "\n" } ?? call.endIndex
        let (head, body) = (call[..<end], call[end...])
        let named = head.matches(of: /\.(debug|info|notice|warning|error)\b/).map { String($0.1) }
        let events = head.matches(of: /"([a-z_]+)"/).map { String($0.1) }.filter { $0 != "open" }
        let recipients = head.contains("to: recipients") ? ["id", "to"] : []
        let fields = recipients + body.matches(of: /field\("([a-z_]+)"/).map { String($0.1) }
        if events.count == 2, named.count == 2 {
            return zip(events, named).map { Line(event: $0, levels: [$1], fields: fields) }
        }
        return events.map { Line(event: $0, levels: named.isEmpty ? ["any"] : Set(named), fields: fields) }
    }

    // MARK: the page

    private static func lines(inPage page: String) -> [Line] {
        page.split(separator: "\n").filter { $0.hasPrefix("| `") }.map { row in
            let cells = row.dropFirst().split(separator: "|", omittingEmptySubsequences: false)
            let event = cells[0].filter { $0 != "`" && $0 != " " }
            let levels = cells[1].split { $0 == "," || $0 == " " }.map(String.init)
            let fields = cells[2].split { "`() ".contains($0) }.map(String.init)
            return Line(event: event, levels: Set(levels), fields: fields)
        }
    }
}
