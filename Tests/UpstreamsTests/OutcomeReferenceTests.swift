import Foundation
import TestKit
import Testing
import Upstreams

@Suite("docs/outcomes.md")
struct OutcomeReferenceTests {
    private static let begin = "<!-- Generated from the rules; do not edit below. -->\n\n"

    private static var file: String {
        SourceTree.file("docs/outcomes.md").path
    }

    /// Set POSTHORSE_WRITE_REFERENCE=1 to write the page instead of comparing it.
    @Test("the page shows every rule in match order")
    func agrees() throws {
        let text = try String(contentsOfFile: Self.file, encoding: .utf8)
        let parts = text.components(separatedBy: Self.begin)
        try #require(parts.count == 2)
        let expected = parts[0] + Self.begin + OutcomeReference.markdown
        if ProcessInfo.processInfo.environment["POSTHORSE_WRITE_REFERENCE"] == "1" {
            try expected.write(toFile: Self.file, atomically: true, encoding: .utf8)
        } else {
            #expect(text == expected, "run the tests with POSTHORSE_WRITE_REFERENCE=1 to write the page anew")
        }
    }
}
