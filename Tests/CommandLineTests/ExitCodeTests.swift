import Admin
import Foundation
import Glibc
import Testing

@Suite("Exit codes and messages of the program")
struct ExitCodeTests {
    @Test(
        "Wrong usage ends with 64 and words on standard error",
        arguments: [
            ["--bogus"], ["queue", "list", "--state", "lost"], ["queue", "list", "--limit", "0"],
            ["queue", "list", "--last-reply", "("], ["queue", "drop"],
            ["queue", "hold", "0000000000001", "--all"], ["queue", "move", "--all"],
            ["queue", "retry", "0000000000001", "--wait", "11m"],
            ["queue", "list", "0000000000001", "--state", "held"],
            ["queue", "list", "--older-than", "soon"], ["queue", "stats", "--by", "colour"],
            ["queue", "list", "--sort", "size", "--after", "0000000000001"], ["queue", "show"],
            ["queue", "show", "short"], ["queue", "resolve", "0000000000001"],
            ["queue", "resolve", "0000000000001", "--retry", "--delivered"], ["check", "more"], ["brew", "coffee"],
        ])
    func usage(arguments: [String]) throws {
        let directory = try TemporaryDirectory()
        let result = try Program.run(arguments, in: directory.path)
        #expect(result.status == 64)
        #expect(result.errors.hasPrefix("posthorse: "))
        #expect(result.output.isEmpty)
    }

    @Test(
        "A missing configuration ends with 78 and its name",
        arguments: [
            ["queue", "list"], ["queue", "stats"], ["upstream", "list"], ["upstream", "disable", "ses"], ["drill"],
            ["serve"],
        ])
    func missingConfiguration(arguments: [String]) throws {
        let directory = try TemporaryDirectory()
        let result = try Program.run(arguments + ["--config", "nowhere.conf"], in: directory.path)
        #expect(result.status == 78)
        #expect(result.errors.contains("nowhere.conf"))
    }

    @Test("The option --config may stand before the command too")
    func optionBefore() throws {
        let directory = try TemporaryDirectory()
        let result = try Program.run(["--config", "nowhere.conf", "queue", "list"], in: directory.path)
        #expect(result.status == 78)
        #expect(result.errors.contains("nowhere.conf"))
    }

    @Test("A stopped relay ends with 69, and the message says what to do")
    func notRunning() throws {
        let directory = try TemporaryDirectory()
        let configuration = try directory.configuration()
        let result = try Program.run(["upstream", "list"], in: directory.path)
        #expect(result.status == 69)
        #expect(result.errors.contains("\(directory.path)/admin.sock"))
        #expect(result.errors.contains("posthorse serve --config \(directory.path)/relay.conf"))
        #expect(result.errors.contains("--config"))
        #expect(result.errors.contains("before spool.path or socket was changed may still be at the old place"))
        #expect(result.output.isEmpty)
        _ = configuration
    }

    @Test("A variable that only the relay may have is named as that, and a pipe is not waited for")
    func unsetVariable() throws {
        let directory = try TemporaryDirectory()
        _ = try directory.configuration(
            """
            [spool]
            path = "."
            [[upstream]]
            name = "ses"
            address = "ses.test:25"
            tls = "starttls"
            username = "u"
            password = "${UPW}"

            """)
        let unset = try Program.run(["upstream", "list"], in: directory.path)
        #expect(unset.errors.contains("UPW in \(directory.path)/relay.conf is not set in this shell"))
        #expect(!unset.errors.contains("in its present state"))
        try FileManager.default.removeItem(atPath: directory.path + "/relay.conf")
        #expect(mkfifo(directory.path + "/relay.conf", 0o644) == 0)
        let pipe = try Program.run(["reload"], in: directory.path)
        #expect(pipe.status == 78 && pipe.errors.contains("is not a regular file"))
    }

    @Test("Nothing can be resolved in a stopped relay: 69")
    func resolveNeedsRelay() throws {
        let directory = try TemporaryDirectory()
        _ = try directory.configuration()
        let result = try Program.run(["queue", "resolve", "0000000000001", "--delivered"], in: directory.path)
        #expect(result.status == 69)
        #expect(result.errors.contains("the relay is not running"))
    }

    @Test("check confirms that a configuration is good")
    func goodConfiguration() throws {
        let directory = try TemporaryDirectory()
        _ = try directory.configuration()
        let result = try Program.run(["check"], in: directory.path)
        #expect(result.status == 0)
        #expect(result.output.contains("relay.conf is good: 1 listener, 1 upstream"))
    }

    @Test("check prints every problem with its line and ends with 78", arguments: [false, true])
    func badConfiguration(asJSON: Bool) throws {
        let directory = try TemporaryDirectory()
        _ = try directory.configuration("threads = \"many\"\n[[upstream]]\nname = \"a\"\nadress = \"b:25\"\n")
        let result = try Program.run(["check"] + (asJSON ? ["--json"] : []), in: directory.path)
        #expect(result.status == 78)
        let lines = result.output.split(separator: "\n")
        #expect(lines.count >= 2)
        if asJSON {
            let numbers = try lines.map { line in
                let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
                return object?["line"] as? Int
            }
            #expect(numbers.contains(1) && numbers.contains(4))
        } else {
            #expect(lines.contains { $0.hasPrefix("\(directory.path)/relay.conf:1:") && $0.contains("threads") })
            #expect(lines.contains { $0.hasPrefix("\(directory.path)/relay.conf:4:") && $0.contains("adress") })
        }
    }

    @Test("Help and version go to standard output and end with 0", arguments: [["--help"], ["--version"], ["queue"]])
    func help(arguments: [String]) throws {
        let directory = try TemporaryDirectory()
        let result = try Program.run(arguments, in: directory.path)
        #expect(result.status == 0)
        #expect(!result.output.isEmpty)
        #expect(result.errors.isEmpty)
    }
}
