import Foundation
import TLS
import TestKit
import Testing

@Suite("Upstreams with TLS and accounts", .scenario)
struct UpstreamSecurityTests {
    private let certificates: TestCertificates
    private let strangers: TestCertificates
    private let account: Account

    init() throws {
        certificates = try TestCertificates()
        strangers = try TestCertificates(authority: "Nobody")
        account = try Account()
    }

    private var login: [String] { ["username = \"\(Account.user)\"", "password_file = \"\(account.file)\""] }

    private static let impatient = "patience = \"500ms\""

    // MARK: - TLS

    @Test(
        "mail travels encrypted, however TLS begins",
        arguments: zip(["starttls", "implicit", "opportunistic"], ["required", "implicit", "starttls"]))
    func encrypted(_ mode: String, _ sinkMode: String) throws {
        let sink = try Sink(options: certificates.sinkOptions(sinkMode), keepsContent: true)
        let relay = try Relay(RelayConfig(sink.upstream("primary", lines: certificates.upstreamLines(mode))))
        let mails = TestMail.series("encrypted", 5, sizes: [300, 400_000])
        let sent = try Burst(mails, to: relay.port).finish()
        try relay.wait(for: 5, "delivered")
        #expect(relay.lines("delivered").allSatisfy { $0.tls?.hasPrefix("TLSv1.3 ") == true })
        try relay.stop()
        try Books(sent, sinks: [sink], relay: relay).checkExactlyOnce()
        try sink.checkContent(of: mails)
        #expect(try sink.books().allSatisfy { $0.tls?.hasPrefix("TLSv1.3 ") == true })
        let totals = try sink.end()
        #expect(totals.plaintext_mails == 0 && totals.bad_commands == 0 && totals.tls_failed == 0)
    }

    @Test("a certificate for the address is as good as one for a name")
    func address() throws {
        let files = try certificates.make("address", .init(hostNames: ["other.example"], addresses: ["127.0.0.1"]))
        let sink = try Sink(options: certificates.sinkOptions("required", files) + ["--listen", "127.0.0.1:0"])
        let relay = try Relay(
            RelayConfig(
                sink.upstream("primary", "tls = \"starttls\"", "ca_file = \"\(certificates.authorityFile)\"")))
        _ = try Burst(TestMail.series("address", 1), to: relay.port).finish()
        try relay.wait(for: 1, "delivered")
        #expect(try sink.books().first?.tls != nil)
    }

    enum BadCertificate: CaseIterable {
        case expired, wrongName, selfSigned, unknownAuthority
    }

    private func files(_ kind: BadCertificate) throws -> TLSCertificateFiles {
        let names = [TestCertificates.name]
        switch kind {
        case .expired:
            return try certificates.make("expired", .init(hostNames: names, notBefore: -7200, notAfter: -3600))
        case .wrongName: return try certificates.make("wrong", .init(hostNames: ["mx.example.org"]))
        case .selfSigned: return try certificates.makeSelfSigned("self", .init(hostNames: names))
        case .unknownAuthority: return try strangers.server(TestCertificates.name)
        }
    }

    @Test(
        "an untrusted certificate: the mail goes to the next upstream, and nothing of it in clear text",
        arguments: BadCertificate.allCases, ["starttls", "implicit"])
    func badCertificate(_ kind: BadCertificate, _ mode: String) throws {
        let primary = try Sink(options: certificates.sinkOptions(mode, files(kind)) + account.sinkOptions())
        try checkSecondary(behind: primary, certificates.upstreamLines(mode) + login)
        let totals = try primary.end()
        #expect(totals.tls_failed >= 1)
        #expect(totals.tls_sessions == 0 && totals.logins == 0 && totals.plaintext_mails == 0)
        #expect(totals.messages == 0 && totals.bad_commands == 0)
    }

    @Test("an upstream that does not offer required STARTTLS: the next one, and no MAIL in clear text")
    func notOffered() throws {
        let primary = try Sink("--fail-at", "mail")
        try checkSecondary(behind: primary, certificates.upstreamLines("starttls"))
        #expect(try primary.end().faults == 0)
    }

    @Test("an upstream without STARTTLS gets mail in clear text with opportunistic TLS")
    func opportunisticInClear() throws {
        let sink = try Sink()
        let relay = try Relay(RelayConfig(sink.upstream("primary", "tls = \"opportunistic\"")))
        _ = try Burst(TestMail.series("clear", 2), to: relay.port).finish()
        try relay.wait(for: 2, "delivered")
        #expect(relay.lines("delivered").allSatisfy { $0.tls == nil && $0.upstream == "primary" })
    }

    @Test(
        "an upstream that fails an opportunistic handshake gets mail in clear text",
        arguments: ["--fail-at", "--drop-at"])
    func opportunisticBroken(_ fault: String) throws {
        let sink = try Sink(options: certificates.sinkOptions("starttls") + [fault, "tls"])
        var config = RelayConfig(sink.upstream("primary", "tls = \"opportunistic\"", "max_connections = 1"))
        // A probe fails its handshake too.
        config.health = ["interval = \"0s\""]
        let relay = try Relay(config)
        _ = try Burst(TestMail.series("broken", 2), to: relay.port, connections: 1).finish()
        try relay.wait(for: 2, "delivered")
        #expect(relay.count("tls_failed") == 1)
        #expect(try sink.books().allSatisfy { $0.tls == nil })
    }

    @Test("sessions are resumed")
    func resumption() throws {
        let sink = try Sink(options: certificates.sinkOptions("required"))
        let lines = certificates.upstreamLines("starttls") + ["max_messages_per_connection = 1", "max_connections = 1"]
        var config = RelayConfig(sink.upstream("primary", lines: lines))
        config.health = ["interval = \"0s\""]
        let relay = try Relay(config)
        _ = try Burst(TestMail.series("resumed", 4), to: relay.port).finish()
        try sink.wait(for: 4)
        #expect(try sink.books().map(\.resumed) == [false, true, true, true])
        try relay.stop()
        let totals = try sink.end()
        #expect(totals.tls_sessions == 4 && totals.tls_resumed == 3)
    }

    @Test(
        "an upstream that falls silent before the end of TLS or login: the next one within a second",
        arguments: ["starttls", "tls", "auth"])
    func silent(_ phase: String) throws {
        try checkFault("--hang-at", phase)
    }

    @Test(
        "an upstream that disconnects before the end of TLS or login: the next one within a second",
        arguments: ["--drop-at", "--fail-at"], ["starttls", "tls", "auth"])
    func broken(_ fault: String, _ phase: String) throws {
        try checkFault(fault, phase)
    }

    private func checkFault(_ fault: String, _ phase: String) throws {
        let primary = try Sink(
            options: certificates.sinkOptions("starttls") + account.sinkOptions() + [fault, phase])
        try checkSecondary(behind: primary, certificates.upstreamLines("starttls") + login)
        let totals = try primary.end()
        #expect(totals.faults >= 1)
        #expect(totals.plaintext_mails == 0 && totals.logins == 0)
    }

    @Test("a reply injected after the 220 of STARTTLS ends the session: the next upstream")
    func injected() throws {
        let primary = try Sink(
            options: certificates.sinkOptions("starttls") + ["--inject-after-starttls", "--reply", "250 injected"])
        try checkSecondary(behind: primary, certificates.upstreamLines("starttls"))
        let totals = try primary.end()
        #expect(totals.tls_sessions == 0 && totals.plaintext_mails == 0)
    }

    /// The mail goes through a plain upstream at once; the one before it has accepted nothing.
    @discardableResult
    private func checkSecondary(behind primary: Sink, _ lines: [String]) throws -> Relay {
        let secondary = try Sink()
        let relay = try Relay(
            RelayConfig(
                primary.upstream("primary", lines: lines + [Self.impatient]), secondary.upstream("secondary")))
        let sent = try Burst(TestMail.series("secure", 2), to: relay.port, connections: 2).finish()
        try relay.wait(for: 2, "delivered")
        for line in relay.lines("delivered") {
            #expect(line.upstream == "secondary")
            #expect(try #require(line.delay_ms) < 1000)
        }
        try relay.stop()
        try Books(sent, sinks: [primary, secondary], relay: relay).checkExactlyOnce()
        #expect(try primary.books().isEmpty)
        return relay
    }

    // MARK: - Accounts

    static let mechanisms = [
        "plain", "login", "cram-md5", "scram-sha-256", "scram-sha-256-plus", "xoauth2", "oauthbearer",
    ]

    private func login(by mechanism: String, file: String) -> [String] {
        let key = ["xoauth2", "oauthbearer"].contains(mechanism) ? "token_file" : "password_file"
        return ["username = \"\(Account.user)\"", "\(key) = \"\(file)\""]
    }

    @Test("the relay logs in with every mechanism", arguments: mechanisms)
    func login(_ mechanism: String) throws {
        let sink = try Sink(options: certificates.sinkOptions("required") + account.sinkOptions(mechanism))
        let lines = certificates.upstreamLines("starttls") + login(by: mechanism, file: account.file)
        let relay = try Relay(RelayConfig(sink.upstream("primary", lines: lines)))
        let sent = try Burst(TestMail.series("login", 3), to: relay.port).finish()
        try relay.wait(for: 3, "delivered")
        try relay.stop()
        try Books(sent, sinks: [sink], relay: relay).checkExactlyOnce()
        #expect(try sink.books().allSatisfy { $0.user == Account.user && $0.tls != nil })
        let totals = try sink.end()
        #expect(totals.logins >= 1 && totals.logins_refused == 0 && totals.bad_commands == 0)
    }

    @Test("a wrong password: the circuit opens, and the next upstream gets the mail at once", arguments: mechanisms)
    func wrongPassword(_ mechanism: String) throws {
        let primary = try Sink(options: certificates.sinkOptions("required") + account.sinkOptions(mechanism))
        let lines = certificates.upstreamLines("starttls") + login(by: mechanism, file: account.wrongFile)
        let relay = try checkSecondary(behind: primary, lines)
        #expect(relay.lines("circuit").contains { $0.upstream == "primary" && $0.new == "open" })
        let totals = try primary.end()
        #expect(totals.logins_refused >= 1 && totals.logins == 0 && totals.messages == 0)
    }

    @Test("the password is in no log line and in no output", arguments: ["json", "text"])
    func secrecy(_ format: String) throws {
        let refusing = try Sink(options: certificates.sinkOptions("required") + account.sinkOptions("plain"))
        let taking = try Sink(options: certificates.sinkOptions("required") + account.sinkOptions("login"))
        let security = certificates.upstreamLines("starttls")
        var config = RelayConfig(
            refusing.upstream("refusing", lines: security + login(by: "plain", file: account.wrongFile)),
            taking.upstream("taking", lines: security + login))
        config.log = ["format = \"\(format)\"", "level = \"debug\""]
        let relay = try Relay(config)
        _ = try Burst(TestMail.series("secret", 2), to: relay.port).finish()
        try taking.wait(for: 2)
        let check = try relay.command("check")
        let upstreams = try relay.command("upstream", "list", "--json")
        try taking.killNow()
        _ = try Burst(TestMail.series("waiting", 1), to: relay.port).finish()
        let id = try #require(try relay.queue().first?.queue_id)
        let shown = try relay.command("queue", "show", id)
        try relay.stop()
        #expect(try refusing.end().logins_refused >= 1)
        for result in [check, upstreams, shown] { expectNothing(result.output + result.errors) }
        expectNothing(relay.process.errors.current.lines + relay.process.output.current.lines)
    }

    private func expectNothing(_ lines: [String], sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(!lines.isEmpty, sourceLocation: sourceLocation)
        for line in lines {
            let isSilent = Account.traces.allSatisfy { !line.contains($0) }
            #expect(isSilent, "the password is in: \(line)", sourceLocation: sourceLocation)
        }
    }
}
