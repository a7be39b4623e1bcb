import Foundation
import TestKit
import Testing

@Suite("docs/command-line-reference.md")
struct ReferenceTests {
    static let commands = [
        "", "serve", "check", "demo", "sink", "queue", "queue list", "queue show", "queue cat", "queue stats",
        "queue retry", "queue hold", "queue release",
        "queue drop", "queue move", "queue resolve", "queue export", "queue import", "upstream", "upstream list",
        "upstream show", "upstream disable", "upstream enable",
        "upstream drain", "upstream probe", "upstream trip", "upstream reset", "drill", "explain", "hash-password",
    ]

    private static let begin = "<!-- Generated from --help; do not edit below. -->\n"

    private static var file: String {
        SourceTree.file("docs/command-line-reference.md").path
    }

    /// Set POSTHORSE_WRITE_REFERENCE=1 to write the page instead of comparing it.
    @Test("The page shows the help of every command exactly as printed")
    func agrees() throws {
        let text = try String(contentsOfFile: Self.file, encoding: .utf8)
        let parts = text.components(separatedBy: Self.begin)
        try #require(parts.count == 2)
        let expected = parts[0] + Self.begin + (try Self.help())
        if ProcessInfo.processInfo.environment["POSTHORSE_WRITE_REFERENCE"] == "1" {
            try expected.write(toFile: Self.file, atomically: true, encoding: .utf8)
        } else {
            #expect(text == expected, "run the tests with POSTHORSE_WRITE_REFERENCE=1 to write the page anew")
        }
    }

    @Test("The introductory page names every command and links to the reference")
    func guide() throws {
        let page = try SourceTree.text("docs/command-line.md")
        #expect(page.contains("(command-line-reference.md)"))
        for words in Self.commands.map({ $0.split(separator: " ") }) {
            for word in words {
                #expect(page.contains("`\(word)`") || page.contains("`\(words[0]) \(word)`"), "\(word)")
            }
        }
    }

    private static func help() throws -> String {
        let directory = try TemporaryDirectory()
        return try commands.map { command in
            let words = command.split(separator: " ").map(String.init)
            let result = try Program.run(words + ["--help"], in: directory.path, environment: ["COLUMNS": "80"])
            try #require(result.status == 0)
            let title = (["posthorse"] + words).joined(separator: " ")
            return "\n## \(title)\n\n```\n\(result.output)```\n"
        }.joined()
    }
}
