import Mail
import SMTP
import Testing

/// RFC 5321 section 4.1.1.1, RFC 1870 section 3, RFC 2034 section 3, RFC 2554 section 3, RFC 9422 sections 3.1, 4.1, 4.2 and 4.3.
@Suite("Server capabilities")
struct UpstreamCapabilitiesTests {
    private func capabilities(_ lines: String...) -> UpstreamCapabilities {
        UpstreamCapabilities(ehlo: Reply(250, lines: ["mx.test"] + lines))
    }

    @Test("every keyword is recognized, in any case")
    func keywords() {
        let all = capabilities(
            "pipelining", "8bitmime", "Size 1000", "StartTLS", "CHUNKING", "BINARYMIME", "SMTPUTF8", "DSN",
            "MT-PRIORITY MIXER", "REQUIRETLS", "ENHANCEDSTATUSCODES", "X-OTHER 7")
        #expect(all.pipelining && all.eightBitMIME && all.size && all.startTLS && all.chunking && all.binaryMIME)
        #expect(all.smtpUTF8 && all.dsn && all.transferPriority && all.requireTLS && all.enhancedStatusCodes)
        #expect(all.maxSize == 1000)
        let odd = capabilities("size=2000", "Auth=plain", "limits rcptmax=5", "=", "PIPELINING=")
        #expect(odd.maxSize == 2000 && odd.authMechanisms == ["PLAIN"] && odd.limits.recipients == 5 && odd.pipelining)
    }

    @Test("the server's name is not a keyword")
    func firstLine() {
        let reply = Reply(250, lines: ["STARTTLS", "SIZE"])
        #expect(!UpstreamCapabilities(ehlo: reply).startTLS)
        #expect(UpstreamCapabilities(ehlo: reply).size)
    }

    @Test(
        "the server's name is the first word",
        arguments: [("MX.Test Hello [192.0.2.1]", "mx.test"), ("mx.test", "mx.test"), ("", ""), ("  ", "")])
    func name(line: String, expected: String) {
        #expect(UpstreamCapabilities(ehlo: Reply(250, lines: [line, "SIZE"])).name == expected)
        #expect(UpstreamCapabilities(helo: Reply(250, lines: [line])) == named(expected))
    }

    private func named(_ name: String) -> UpstreamCapabilities {
        var capabilities = UpstreamCapabilities()
        capabilities.name = name
        return capabilities
    }

    @Test("mechanisms, in the new form and the old, without duplicates")
    func mechanisms() {
        #expect(
            capabilities("AUTH PLAIN login", "AUTH=LOGIN SCRAM-SHA-256").authMechanisms == [
                "PLAIN", "LOGIN", "SCRAM-SHA-256",
            ])
        #expect(capabilities("AUTH", "AUTH=").authMechanisms == [])
        #expect(capabilities("AUTH PL\u{E4}IN \(String(repeating: "X", count: 21)) A").authMechanisms == ["A"])
    }

    @Test("many mechanisms use bounded memory")
    func manyMechanisms() {
        let names = (0..<1000).map { "M\($0)" }.joined(separator: " ")
        #expect(capabilities("AUTH " + names).authMechanisms.count == 32)
    }

    @Test("malformed limits are ignored")
    func limits() {
        let limits = capabilities("LIMITS MAILMAX=5 rcptmax=20 RCPTDOMAINMAX=1 OTHER=3 X").limits
        #expect(limits.transactions == 5)
        #expect(limits.recipients == 20)
        #expect(limits.domains == 1)
        #expect(capabilities("LIMITS MAILMAX=0 RCPTMAX=-1 RCPTDOMAINMAX=1234567 RCPTMAX=").limits == ServiceLimits())
    }

    @Test("a transaction ends before it exceeds the limit of recipients or domains")
    func prefix() {
        let domains: [Substring] = ["x", "X", "y", "x", "z"]
        var limits = ServiceLimits()
        #expect(limits.prefix(of: domains) == 5)
        limits.recipients = 4
        #expect(limits.prefix(of: domains) == 4)
        limits.domains = 1
        #expect(limits.prefix(of: domains) == 2)
        limits.recipients = 1
        #expect(limits.prefix(of: domains) == 1)
        #expect(limits.prefix(of: domains.prefix(1)) == 1)
    }
}
