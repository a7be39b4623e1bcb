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

    private static let second = "\n[[upstream]]\nname = \"second\"\naddress = \"127.0.0.1:9\"\n"

    @Test("an upstream that only the file has is named as that", arguments: ["show", "disable", "probe"])
    func onlyInFile(verb: String) throws {
        try write(try text + Self.second)
        let missing = try relay.command("upstream", verb, "second")
        #expect(missing.exit == .code(66))
        #expect(
            missing.errors == [
                "posthorse: upstream second is in \(relay.configPath), but not in the running relay: "
                    + "\"posthorse reload\" brings it into use"
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
