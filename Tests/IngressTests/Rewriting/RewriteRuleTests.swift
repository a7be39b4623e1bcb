import Mail
import Suppression
import Testing

@testable import Ingress

@Suite("What an address becomes")
struct RewriteRuleTests {
    @Test(
        "is an address or a domain, in ASCII",
        arguments: [
            ("Ann@Example.com", "Ann@example.com"), ("@exämple.com", "@xn--exmple-cua.com"), ("@x", "@x"),
            ("\"a b\"@x", "\"a b\"@x"), ("a@[192.0.2.1]", "a@[192.0.2.1]"), ("a@x.", "a@x"),
        ])
    func targets(given: String, text: String) {
        #expect(RewriteTarget(given)?.text == text)
    }

    @Test(
        "is nothing that could get more than an address into a header",
        arguments: [
            "", "@", "ann", "postmaster", "a@b\r\nBcc: c@d", "a@b\nX", "a@b, c@d", "<a@b>", " a@b", "a@b ", "a@b (c)",
            "A <a@b>", "a@*", "@*.b", "a*@b", "jörg@x", "a@b@c", "a@b\u{0}", "\"a\r\n b\"@c", "=?utf-8?q?a?=@b",
        ])
    func injections(given: String) {
        #expect(RewriteTarget(given) == nil)
    }

    @Test("the envelope sender has rules of its own, the first that fits decides, and <> stays")
    func sender() throws {
        let rules = try RewriteRules.test(
            "From @old.example > @no.example", "sender ann@* > info@new.example", "sender @old.example > @new.example",
            "sender @new.example > @no.example")
        let results = ["ann@old.example", "Bob@OLD.example", "c@other.example"].map {
            rules.sender(ReversePath(address: Address(unchecked: $0))).description
        }
        #expect(results == ["info@new.example", "Bob@new.example", "c@other.example"])
        #expect(rules.sender(.null) == .null)
        #expect(rules.concernHeader && rules.fields == [.from])
        #expect(try !RewriteRules.test("sender @a > @b").concernHeader && !RewriteRules.none.concernHeader)
    }

    @Test("an address that would be too long stays")
    func tooLong() throws {
        let rules = try RewriteRules.test("sender @old.example > @\(String(repeating: "x.", count: 120))example")
        let address = Address(unchecked: String(repeating: "a", count: 400) + "@old.example")
        #expect(rules.sender(ReversePath(address: address)).address == address)
    }
}
