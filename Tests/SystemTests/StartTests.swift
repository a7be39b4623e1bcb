import Foundation
import Glibc
import TestKit
import Testing

@Suite("A relay that cannot start", .scenario)
struct StartTests {
    @Test("a second relay on the same spool is refused with a sentence, and the first continues")
    func sameSpool() throws {
        let sink = try Sink()
        let first = try Relay(RelayConfig(sink.upstream("sink")))
        let second = try Relay(starting: RelayConfig(sink.upstream("sink")), spoolPath: first.spoolPath)
        #expect(try second.process.waitForExit() == .code(75))
        let words = second.process.errors.current.lines.last ?? ""
        #expect(words.hasPrefix("posthorse: ") && words.contains(first.spoolPath), "\(words)")
        let sent = try Burst(TestMail.series("first", 3), to: first.port).finish()
        try sink.wait(for: 3)
        try first.stop()
        try Books(sent, sinks: [sink], relay: first).checkExactlyOnce()
    }

    @Test("an address in use is named")
    func addressInUse() throws {
        let sink = try Sink()
        let first = try Relay(RelayConfig(sink.upstream("sink")))
        var config = RelayConfig(sink.upstream("sink"))
        config.listener = ["[[listener]]", "address = \"127.0.0.1:\(first.port)\""]
        let second = try Relay(starting: config)
        #expect(try second.process.waitForExit() == .code(75))
        let words = second.process.errors.current.lines.last ?? ""
        #expect(words.hasPrefix("posthorse: ") && words.contains("127.0.0.1:\(first.port)"), "\(words)")
    }

    @Test("a broken relay.conf: 78, and every problem with its line")
    func brokenConfiguration() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/relay.conf"
        try """
        [spool]
        pth = "\(directory.path)/spool"
        min_free_space = "lots"
        [[listener]]
        address = "127.0.0.1"
        [[upstream]]
        name = "one"
        """.write(toFile: path, atomically: true, encoding: .utf8)
        for command in ["serve", "check"] {
            let result = try Posthorse.run(command, "--config", path)
            #expect(result.exit == .code(78))
            let text = (result.output + result.errors).joined(separator: "\n")
            for problem in ["pth", "min_free_space", "address", ":2", ":3", ":5"] {
                #expect(text.contains(problem), "\(command) does not name \(problem): \(text)")
            }
        }
        #expect(!FileManager.default.fileExists(atPath: directory.path + "/spool"))
    }

    @Test("a spool that cannot be created is named")
    func badSpool() throws {
        let sink = try Sink()
        let relay = try Relay(starting: RelayConfig(sink.upstream("sink")), spoolPath: "/proc/no/spool")
        #expect(try relay.process.waitForExit() == .code(75))
        let words = relay.process.errors.current.lines.last ?? ""
        #expect(words.hasPrefix("posthorse: ") && words.contains("/proc/no/spool"), "\(words)")
    }

    @Test("no file takes the place of an output that the caller has closed")
    func closedOutput() throws {
        let sink = try Sink()
        let relay = try Relay(RelayConfig(sink.upstream("sink")))
        try relay.stop()
        let shell = try Program(
            "/bin/sh",
            [
                "-c",
                "exec \(Posthorse.executable) serve --config \(relay.configPath) 0<&- >&- 2>\(relay.directory.path)/log",
            ])
        defer { shell.signal(SIGTERM) }
        let log = relay.directory.path + "/log"
        while (try? String(contentsOfFile: log, encoding: .utf8))?.contains("\"ready\"") != true {
            try #require(!shell.hasEnded)
            sched_yield()
        }
        for descriptor in 0...1 {
            let file = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(shell.pid)/fd/\(descriptor)")
            #expect(file == "/dev/null")
        }
        shell.signal(SIGTERM)
        #expect(try shell.waitForExit() == .code(0))
    }

    @Test("SIGUSR1 and SIGUSR2 end nothing, and a stop gives work in progress the time of stop_grace")
    func signals() throws {
        let sink = try Sink("--hang-at", "dot")
        var config = RelayConfig(sink.upstream("sink", "data_timeout = \"1h\""))
        config.top = ["stop_grace = \"300ms\""]
        let relay = try Relay(config)
        for number in [SIGUSR1, SIGUSR2] { relay.process.signal(number) }
        _ = try Burst(TestMail.series("grace", 1), to: relay.port).finish()
        #expect(try relay.stop() == .code(0))
        let line = relay.process.errors.current.lines.first { $0.contains("stopping") } ?? ""
        #expect(line.contains("300"), "\(line)")
    }
}
