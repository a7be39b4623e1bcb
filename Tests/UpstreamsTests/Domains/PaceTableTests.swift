import Mail
import Testing

@testable import Upstreams

@Suite("Which pace a recipient domain has")
struct PaceTableTests {
    private func key(_ domain: String, _ entries: [String]...) -> String? {
        let settings = entries.map { PaceSettings($0.compactMap { PaceSubject($0) }) }
        return PaceTable(settings).key(of: domain).map { "\($0.entry) \($0.name)" }
    }

    @Test("is that of the first entry that fits, in any case of letters")
    func first() {
        #expect(key("Example.COM", ["example.com"], ["*"]) == "0 example.com")
        #expect(key("example.com", ["*.com"], ["example.com"]) == "0 example.com")
        #expect(key("a.example.com", ["example.com"], ["*.example.com"]) == "1 a.example.com")
        #expect(key("example.com", ["a.test", "b.test"]) == nil)
        #expect(key("", ["*"]) == nil)
        #expect(key("example.com") == nil)
    }

    @Test("is shared by the domains of a family, and by no domain that is named")
    func families() {
        #expect(key("gmail.com", ["family:google"]) == "0 family:google")
        #expect(key("googlemail.com", ["family:google"]) == "0 family:google")
        #expect(key("gmail.com", ["gmail.com"], ["family:google"]) == "0 gmail.com")
        #expect(key("googlemail.com", ["gmail.com"], ["family:google"]) == "1 family:google")
        #expect(key("gmail.com", ["family:google"], ["gmail.com"]) == "0 family:google")
        #expect(key("hotmail.co.uk", ["*"]) == "0 family:microsoft")
        #expect(key("live.example", ["*"], ["family:microsoft"]) == "0 live.example")
        #expect(key("yahoo.co.jp", ["family:yahoo"]) == nil)
    }

    @Test("a family's name is no domain, and a domain is no family's name")
    func subjects() {
        #expect(PaceSubject("google") == nil)
        #expect(PaceSubject("Family:Google") == .family(.google))
        #expect(PaceSubject("family:nobody") == nil)
        #expect(PaceSubject("Google.COM") == .domain("google.com"))
        #expect(PaceSubject("*.Example.com") == .pattern("*.example.com"))
        for text in [
            "", ".", "a..b", "a b.c", "@x.test", "x_y.test", "exämple.com", String(repeating: "a.", count: 200),
        ] {
            #expect(PaceSubject(text) == nil, "\(text)")
        }
        for subject in ["example.com", "*", "family:yahoo"] { #expect(PaceSubject(subject)?.text == subject) }
    }

    @Test("a domain is of one family at most, and in lower case", arguments: DomainFamily.allCases)
    func data(family: DomainFamily) {
        #expect(Set(family.domains).count == family.domains.count)
        for domain in family.domains {
            #expect(DomainFamily.family(of: domain) == family)
            #expect(PaceSubject(domain) == .domain(domain))
        }
        #expect(family.page.hasPrefix("https://"))
        #expect(DomainFamily(text: family.text) == family)
    }

    @Test(
        "a reply that speaks of a rate asks for less",
        arguments: [
            "421 4.7.28 Gmail has detected an unusual rate of unsolicited mail",
            "450 4.2.1 The user you are trying to contact is receiving mail at a rate that prevents delivery",
            "451 4.7.650 The mail server [192.0.2.1] has been temporarily rate limited due to IP reputation",
            "421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to unexpected volume or user complaints",
            "452 4.5.3 Too many messages, slow down", "450 4.7.1 Error: too much mail from 192.0.2.1",
        ])
    func requests(text: String) throws {
        let reply = try #require(Reply(parsing: text))
        #expect(PaceRequest.isIn(reply, at: .rcpt))
        #expect(PaceRequest.isIn(reply, at: .dot))
    }

    @Test(
        "any other reply does not",
        arguments: [
            "250 2.0.0 ok", "450 4.2.0 Greylisted, too fast: try again in 300 seconds", "550 5.7.1 rate limit exceeded",
            "452 4.2.2 mailbox full", "451 4.3.0 try again later", "450 4.1.1 user unknown",
        ])
    func others(text: String) throws {
        let reply = try #require(Reply(parsing: text))
        #expect(!PaceRequest.isIn(reply, at: .rcpt))
    }
}
