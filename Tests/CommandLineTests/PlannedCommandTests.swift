import Foundation
import Testing

@Suite("Commands that are to come")
struct PlannedCommandTests {
    @Test(
        "say that they are not there yet, with 64 and nothing on standard output",
        arguments: [
            "upgrade", "cluster status", "--config x.conf cluster drain", "--socket /x cluster --json status",
            "help cluster",
        ])
    func planned(line: String) throws {
        let directory = try TemporaryDirectory()
        let result = try Program.run(line.split(separator: " ").map(String.init), in: directory.path)
        #expect(result.status == 64)
        #expect(result.output.isEmpty)
        #expect(result.errors.hasPrefix("posthorse: \"") && result.errors.contains("\" is not there yet"))
        #expect(result.errors.split(separator: "\n").count == 1)
    }

    @Test("do not stand in the way of those that are there", arguments: ["queue show history", "explain history"])
    func others(line: String) throws {
        let directory = try TemporaryDirectory()
        let result = try Program.run(line.split(separator: " ").map(String.init), in: directory.path)
        #expect(!result.errors.contains("not there yet"))
    }

    @Test(
        "An option that does not exist, or is given twice, is named",
        arguments: [
            ("queue hold --foo", "Unknown option '--foo'"), ("queue hold --stat held", "Did you mean '--state'?"),
            ("queue drop --state held --bonce", "Unknown option '--bonce'"),
            ("queue resolve --fo --delivered", "Unknown option '--fo'"),
            ("queue list --state held --state deferred", "--state is given twice"),
            ("queue drop --recipient a --recipient b --yes", "--recipient is given twice"),
            ("history search --recipient a --recipient b", "--recipient is given twice"),
            ("history stats --since today --since=today", "--since is given twice"),
            ("audit verify --head a --head b", "--head is given twice"),
            ("suppression add a@b.example --reason a --reason b", "--reason is given twice"),
            ("webhook drop app 1 --reason a --reason b", "--reason is given twice"),
        ])
    func options(line: String, words: String) throws {
        let directory = try TemporaryDirectory()
        let result = try Program.run(line.split(separator: " ").map(String.init), in: directory.path)
        #expect(result.status == 64)
        #expect(result.output.isEmpty && result.errors.contains(words), "\(result.errors)")
    }

    @Test("A bad queue ID is explained", arguments: ["short", "06BJVQ3K1ZC4I", "<06BJVQ3K1ZC40>"])
    func badQueueID(text: String) throws {
        let directory = try TemporaryDirectory()
        for verb in ["show", "cat"] {
            let result = try Program.run(["queue", verb, text], in: directory.path)
            #expect(result.status == 64)
            #expect(result.errors.contains("13 digits and letters without I, L, O and U, such as "))
        }
    }
}
