import Testing

@testable import Suppression

/// RFC 5321 sections 2.4 and 4.1.2, RFC 5891 section 5.
@Suite("The normal form of an address")
struct NormalAddressTests {
    @Test(
        "is the same for the same mailbox",
        arguments: [
            ("Bob@Example.COM", "bob@example.com"),
            ("bob@example.com.", "bob@example.com"),
            ("\"bob\"@example.com", "bob@example.com"),
            ("\"b\\ob\"@example.com", "bob@example.com"),
            ("\"bob smith\"@example.com", "\"bob smith\"@example.com"),
            ("\"bob\\ smith\"@Example.com", "\"bob smith\"@example.com"),
            ("\"a@b\"@example.com", "\"a@b\"@example.com"),
            ("\"a\\\"b\"@example.com", "\"a\\\"b\"@example.com"),
            ("\"\"@example.com", "\"\"@example.com"),
            ("a..b@example.com", "a..b@example.com"),
            ("\"a..b\"@example.com", "a..b@example.com"),
            ("bob+news@example.com", "bob+news@example.com"),
            ("bob@bücher.example", "bob@xn--bcher-kva.example"),
            ("bob@BÜCHER.example", "bob@xn--bcher-kva.example"),
            ("bob@XN--BCHER-KVA.example", "bob@xn--bcher-kva.example"),
            ("JÖRG@example.com", "jörg@example.com"),
            ("bob@[192.0.2.1]", "bob@[192.0.2.1]"),
            ("bob@[IPv6:2001:DB8::1]", "bob@[ipv6:2001:db8::1]"),
            ("Postmaster", "postmaster"),
            ("", ""),
        ])
    func normal(_ given: String, _ expected: String) {
        #expect(NormalAddress.text(given) == expected)
        #expect(NormalAddress.text(expected) == expected)
    }

    @Test("finds the last @")
    func at() {
        #expect(NormalAddress.with("Bob@example.com") { $1 } == 3)
        #expect(NormalAddress.with("\"a@b c\"@example.com") { $1 } == 7)
        #expect(NormalAddress.with("postmaster") { $1 } == nil)
    }
}
