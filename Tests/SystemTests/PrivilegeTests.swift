import Foundation
import TestKit
import Testing

/// Delivery must not need anything the kernel grants to root only: a socket option once did.
@Suite("Without privileges", .scenario)
struct PrivilegeTests {
    @Test("a relay without capabilities delivers, with and without TLS", arguments: [false, true])
    func delivery(isEncrypted: Bool) throws {
        let certificates = try TestCertificates()
        let sink = try Sink(options: isEncrypted ? certificates.sinkOptions("required") : [])
        let lines = certificates.upstreamLines(isEncrypted ? "starttls" : "opportunistic")
        let relay = try Relay(RelayConfig(sink.upstream("sink", lines: lines)))
        try expectNoCapabilities(of: relay.process)
        _ = try Burst(TestMail.series("ordinary", 1), to: relay.port).finish()
        let fate = try relay.process.waitForErrors("outcome of the message") { lines in
            lines.first { line in ["delivered", "deferred", "failed"].contains { line.contains("\"event\":\"\($0)\"") }
            }
        }
        let line = try #require(LogLine(fate))
        #expect(
            line.event == "delivered",
            "a relay without capabilities cannot deliver: it was \(line.event), because of \(line.reply ?? fate)")
        #expect(try relay.stop() == .code(0))
    }

    /// A relay with privileges would prove nothing.
    private func expectNoCapabilities(of process: Program) throws {
        let status = try ProcessStatus(process.pid)
        for set in ["CapInh", "CapPrm", "CapEff", "CapAmb"] {
            #expect(status[set] == "0000000000000000", "the relay of this test has capabilities: \(set)")
        }
    }
}
