import Foundation
import TestKit
import Testing

@Suite("docs/command-line-reference.md")
struct ReferenceTests {
    /// Every command, as words; the first is the program itself.
    static let commands: [String] = try! subcommands(of: "")

    /// The command and all below it, in the order of its help.
    private static func subcommands(of command: String) throws -> [String] {
        let help = try help(of: command)
        guard let list = help.components(separatedBy: "\nSUBCOMMANDS:\n").dropFirst().first else { return [command] }
        let names = list.split(separator: "\n", omittingEmptySubsequences: false).prefix { !$0.isEmpty }
            .filter { $0.hasPrefix("  ") && !$0.hasPrefix("   ") }
            .compactMap { $0.split(separator: " ").first }
        return try [command] + names.flatMap { try subcommands(of: command.isEmpty ? "\($0)" : "\(command) \($0)") }
    }

    private static func help(of command: String) throws -> String {
        let words = command.split(separator: " ").map(String.init)
        let directory = try TemporaryDirectory()
        let result = try Program.run(words + ["--help"], in: directory.path, environment: ["COLUMNS": "80"])
        try #require(result.status == 0)
        return result.output
    }

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
            guard let word = words.last else { continue }
            // A group is named with the first command in it.
            let isNamed = words.count == 1 && page.contains("`\(word)") || page.contains("`\(word)`")
            #expect(isNamed || page.contains("`\(words[0]) \(word)`"), "\(words.joined(separator: " "))")
        }
    }

    private static func help() throws -> String {
        try commands.map { command in
            let title = command.isEmpty ? "posthorse" : "posthorse \(command)"
            return "\n## \(title)\n\n```\n\(try help(of: command))```\n"
        }.joined()
    }
}
