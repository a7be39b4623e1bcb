import Foundation
import Glibc
import TestKit
import Testing

extension RootTests {
    /// docs/posthorse.service without systemd: `Tests/Sandbox/enter` reads the unit and applies each of its lines.
    @Suite("The sandbox of docs/posthorse.service", .scenario, .needs("systemd-analyze"))
    struct SandboxTests {
        private let sandbox: Sandbox

        init() throws {
            sandbox = try Sandbox()
        }

        @Test("the relay starts, accepts mail, delivers it, answers queue list, and stops with 0")
        func delivery() throws {
            let sink = try Sink(keepsContent: true)
            let relay = try sandbox.start(RelayConfig(sink.upstream("sink")))
            #expect(try relay.waitForOutput("word for systemd") { $0 == "notify READY=1" ? true : nil })
            try expectConfined(relay)

            // Small mail is stored in the database, large mail in a segment.
            let mails = TestMail.series("sandbox", 6, sizes: [300, 400_000])
            let port = try sandbox.port(of: relay)
            let sent = try Burst(mails, to: port).finish()
            #expect(sent.accepted.count == mails.count)
            try sandbox.waitForDeliveries(mails.count, of: relay)
            try sink.wait(for: mails.count)
            try sink.checkContent(of: mails)

            try sink.killNow()
            _ = try Burst(TestMail.series("waiting", 1), to: port).finish()
            let queue = try sandbox.command("queue", "list")
            #expect(queue.exit == .code(0), "\(queue.errors)")
            #expect(queue.output.contains { $0.contains("waiting") }, "\(queue.output)")

            relay.signal(SIGTERM)
            #expect(try relay.waitForExit(within: .seconds(30)) == .code(0), "\(relay.lastWords)")
            #expect(relay.output.current.lines.contains("notify STOPPING=1"))
        }

        /// A relay outside the sandbox would prove nothing.
        private func expectConfined(_ relay: Program) throws {
            let status = try ProcessStatus(relay.pid)
            for set in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] { #expect(status[set] == "0000000000000000") }
            #expect(status["NoNewPrivs"] == "1" && status["Seccomp"] == "2")
            #expect(status["Uid"]?.split(separator: "\t") == .init(repeating: "61500", count: 4))
            #expect(status["Umask"] == "0077")
        }

        @Test("nothing else is possible in it", arguments: Sandbox.attempts)
        func confinement(_ attempt: Sandbox.Attempt) throws {
            #expect(try sandbox.python(attempt.code) == attempt.answer)
        }
    }
}
