import Foundation
import TestKit
import Testing

@Suite("A relay.conf that is no longer what runs", .scenario)
struct ConfigurationChangeTests {
    private let sink: Sink
    private let relay: Relay

    init() throws {
        sink = try Sink()
        relay = try Relay(RelayConfig(sink.upstream("first")))
    }

    private var text: String {
        get throws { try String(contentsOfFile: relay.configPath, encoding: .utf8) }
    }

    private func write(_ text: String) throws {
        try text.write(toFile: relay.configPath, atomically: true, encoding: .utf8)
    }

    /// The log lines of an event caused by a signal.
    private func hangUp(_ event: String, count: Int = 1) throws -> String {
        relay.process.signal(SIGHUP)
        try relay.wait(for: count, event)
        return relay.process.errors.current.lines.last { $0.contains("\"event\":\"\(event)\"") } ?? ""
    }

    private static let second = "\n[[upstream]]\nname = \"second\"\naddress = \"127.0.0.1:9\"\n"

    @Test("SIGHUP says what of it needs a restart, or why it could not be used")
    func signal() throws {
        let original = try text
        try write(original + Self.second)
        let added = try hangUp("restart_needed")
        #expect(added.contains("\"changed\":\"upstream second: added\"") && added.contains(relay.configPath))
        try write(original + "\n[[upstream]]\nname = ")
        #expect(try hangUp("reload_failed").contains("\(relay.configPath):"))
        try write("# a comment is no change\n" + original.replacing("\nmax = \"500ms\"", with: "\nmax = \"7h\""))
        #expect(try hangUp("restart_needed", count: 2).contains("\"changed\":\"retry.max\""))
        #expect(relay.count("restart_needed") == 2 && relay.count("reload_failed") == 1)
        #expect(try relay.stop() == .code(0))
    }

    @Test("an upstream that only the file has is named as that", arguments: ["show", "disable", "probe"])
    func onlyInFile(verb: String) throws {
        try write(try text + Self.second)
        let missing = try relay.command("upstream", verb, "second")
        #expect(missing.exit == .code(66))
        #expect(
            missing.errors == [
                "posthorse: upstream second is in \(relay.configPath), but not in the running relay: "
                    + "restart it to bring it into use"
            ])
        let unknown = try relay.command("upstream", verb, "third")
        #expect(unknown.exit == .code(66))
        #expect(unknown.errors == ["posthorse: no upstream third in relay.conf; there are first"])
    }

    @Test("commands find the relay while its file is broken, and with --socket where there is none")
    func broken() throws {
        try write(try text + "\n[[upstream]]\nname = \"half")
        let list = try relay.command("upstream", "list")
        #expect(list.exit == .code(0) && list.output.contains { $0.contains("first") })
        #expect(list.errors.count == 1 && list.errors[0].contains(relay.configPath))
        let socket = relay.directory.path + "/admin.sock"
        try FileManager.default.removeItem(atPath: relay.configPath)
        #expect(try relay.command("upstream", "list").exit == .code(78))
        for words in [
            ["queue", "list"], ["queue", "stats"], ["upstream", "list"], ["upstream", "show", "first"],
            ["upstream", "disable", "first"], ["upstream", "enable", "first"],
        ] {
            let result = try Program(Posthorse.executable, words + ["--socket", socket])
            #expect(try result.waitForExit() == .code(0), "\(words) \(result.errors.current.lines)")
        }
        let before = try Program(Posthorse.executable, ["--socket", socket, "upstream", "list"])
        #expect(try before.waitForExit() == .code(0))
        let nobody = try Posthorse.run("queue", "list", "--socket", socket + "x")
        #expect(nobody.exit == .code(69) && nobody.errors.first?.contains(socket + "x") == true)
    }
}
