import Foundation
import Mail
import Notices
import TestKit
import Testing

@Suite("docs/notices.md")
struct NoticesReferenceTests {
    private static let file = SourceTree.file("docs/notices.md")

    /// The code blocks of the page.
    private func blocks() throws -> [String] {
        let parts = try String(contentsOf: Self.file, encoding: .utf8).components(separatedBy: "```\n")
        return stride(from: 1, to: parts.count, by: 2).map { parts[$0] }
    }

    /// Set POSTHORSE_WRITE_REFERENCE=1 to write the page instead of comparing it.
    @Test("The example and the template are what the relay writes")
    func examples() throws {
        var text = try String(contentsOf: Self.file, encoding: .utf8)
        let expected = [Sample().text, NoticeTemplate.standardText].map { $0.trimmingCharacters(in: .newlines) + "\n" }
        let blocks = try blocks()
        try #require(blocks.count == 2)
        if ProcessInfo.processInfo.environment["POSTHORSE_WRITE_REFERENCE"] == "1" {
            for (old, new) in zip(blocks, expected) { text = text.replacingOccurrences(of: old, with: new) }
            try text.write(to: Self.file, atomically: true, encoding: .utf8)
        } else {
            #expect(blocks == expected, "run the tests with POSTHORSE_WRITE_REFERENCE=1 to write the page anew")
        }
    }

    @Test("Every placeholder has a row", arguments: NoticeTemplate.Placeholder.allCases)
    func placeholders(placeholder: NoticeTemplate.Placeholder) throws {
        #expect(try String(contentsOf: Self.file, encoding: .utf8).contains("| `{\(placeholder.rawValue)}` |"))
    }
}
