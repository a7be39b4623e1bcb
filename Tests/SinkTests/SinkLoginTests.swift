import Mail
import SASL
import TLS
import Testing

@testable import Sink

@Suite("Logins at the sink")
struct SinkLoginTests {
    static let user = "relay@example.com"
    static let password = Array("pa\u{DF} word".utf8)

    private func probe(_ mechanisms: [SASLMechanism]?, _ change: (inout SinkSettings) -> Void = { _ in }) throws
        -> SecureProbe
    {
        let probe = try SecureProbe(.implicit) {
            $0.login = SinkLogin(user: Self.user, password: Self.password, mechanisms: mechanisms)
            change(&$0)
        }
        try probe.shakeHands()
        return probe
    }

    /// Logs in like a client; returns the last reply.
    private func login(_ probe: SecureProbe, _ mechanism: SASLMechanism, secret: [UInt8] = password) throws -> String {
        let binding = probe.details?.exporter.map(ChannelBinding.init)
        let credentials = Credentials(
            username: Self.user, secret: mechanism.takesToken ? .token(secret) : .password(secret))
        var client = try SASLClient(mechanism, credentials: credentials, binding: binding, nonce: SCRAMNonce())
        let initial = client.start().map { " " + Base64.encode($0) } ?? ""
        var reply = try probe.ask("AUTH \(mechanism.rawValue)\(initial)\r\n")
        while reply.hasPrefix("334 ") {
            let challenge = try #require(Base64.decode(reply.dropFirst(4).dropLast().utf8))
            reply = try probe.ask(Base64.encode(try client.respond(to: challenge)) + "\r\n")
        }
        if reply.hasPrefix("235 ") { try client.succeeded() }
        return reply
    }

    @Test("succeed with every mechanism and the right password", arguments: SASLMechanism.allCases)
    func right(_ mechanism: SASLMechanism) throws {
        let probe = try probe([mechanism])
        #expect(try probe.ask("EHLO a\r\n").hasSuffix("AUTH \(mechanism.rawValue)\r\n"))
        #expect(try probe.codes(for: "MAIL FROM:<a@b>\r\n") == ["530"])
        #expect(try login(probe, mechanism).hasPrefix("235 "))
        #expect(try probe.codes(for: "MAIL FROM:<a@b> AUTH=<>\r\n") == ["250"])
        #expect(probe.core.totals.security.logins == 1)
    }

    @Test("fail with every mechanism and a wrong password, and may be retried", arguments: SASLMechanism.allCases)
    func wrong(_ mechanism: SASLMechanism) throws {
        let probe = try probe([mechanism])
        _ = try probe.ask("EHLO a\r\n")
        #expect(try login(probe, mechanism, secret: Array("wrong".utf8)).hasPrefix("535 5.7.8 "))
        #expect(try probe.codes(for: "MAIL FROM:<a@b>\r\n") == ["530"])
        #expect(probe.core.totals.security.refusedLogins == 1)
        #expect(try login(probe, mechanism).hasPrefix("235 "))
    }

    @Test("are offered for a password unless other mechanisms are configured")
    func offer() throws {
        #expect(try probe(nil).ask("EHLO a\r\n").hasSuffix("AUTH SCRAM-SHA-256-PLUS SCRAM-SHA-256 PLAIN LOGIN\r\n"))
        let probe = try probe([.plain])
        _ = try probe.ask("EHLO a\r\n")
        #expect(try probe.ask("AUTH LOGIN\r\n").hasPrefix("504 "))
    }

    @Test("need TLS unless configured otherwise")
    func inClear() throws {
        func codes(_ isAllowed: Bool) throws -> [String] {
            let probe = try SecureProbe(.starttls) {
                $0.login = SinkLogin(user: Self.user, password: Self.password)
                $0.login?.isAllowedInClear = isAllowed
            }
            let greeting = try probe.ask("EHLO a\r\n")
            #expect(greeting.contains("AUTH") == isAllowed)
            return try probe.codes(for: "AUTH LOGIN\r\n")
        }
        #expect(try codes(false) == ["530"])
        #expect(try codes(true) == ["334"])
    }

    @Test(
        "end with 501 if a response is cancelled or is not base 64",
        arguments: ["AUTH PLAIN\r\n*\r\n", "AUTH PLAIN\r\n!\r\n", "AUTH PLAIN !\r\n", "AUTH PLAIN =\r\n"])
    func broken(_ text: String) throws {
        let probe = try probe(nil)
        _ = try probe.ask("EHLO a\r\n")
        #expect(try probe.codes(for: text).last == "501")
        #expect(try probe.codes(for: "NOOP\r\n") == ["250"])
    }

    @Test("fail as configured")
    func fault() throws {
        let probe = try probe(nil) {
            $0.faults = [SinkFault(.fail, at: .auth)]
            $0.faultReply = Reply(454, EnhancedStatusCode(4, 7, 0), "Not now")
            $0.faultLimit = 1
        }
        _ = try probe.ask("EHLO a\r\n")
        #expect(try login(probe, .plain) == "454 4.7.0 Not now\r\n")
        #expect(try login(probe, .plain).hasPrefix("235 "))
    }
}
