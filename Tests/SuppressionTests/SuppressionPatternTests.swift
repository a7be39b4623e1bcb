import Testing

@testable import Suppression

@Suite("A pattern of suppressed addresses")
struct SuppressionPatternTests {
    @Test(
        "is an address, a domain, its subdomains, or a local part",
        arguments: [
            ("Bob@Example.com", "bob@example.com", SuppressionPattern.Kind.address),
            ("  <bob@example.com> ", "bob@example.com", .address),
            ("< bob@example.com >", "bob@example.com", .address),
            ("bob@example.com.", "bob@example.com", .address),
            ("@Example.com", "@example.com", .domain),
            ("*@example.com", "@example.com", .domain),
            ("@bücher.example", "@xn--bcher-kva.example", .domain),
            ("@*.Example.com", "@*.example.com", .subdomains),
            ("*@*.example.com", "@*.example.com", .subdomains),
            ("NoReply@*", "noreply@*", .localPart),
            ("\"no reply\"@*", "\"no reply\"@*", .localPart),
            ("\"a*b\"@example.com", "a*b@example.com", .address),
            ("@[192.0.2.1]", "@[192.0.2.1]", .domain),
        ])
    func reading(_ given: String, _ text: String, _ kind: SuppressionPattern.Kind) throws {
        let pattern = try SuppressionPattern(given)
        #expect(pattern.text == text)
        #expect(pattern.kind == kind)
        #expect(try SuppressionPattern(pattern.written) == pattern)
        if kind != .address || !text.contains("*") { #expect(SuppressionPattern(stored: text) == pattern) }
    }

    @Test(
        "is refused if it is anything else",
        arguments: [
            "", "bob", "example.com", "@", "*", "@*", "*@*", "b*b@example.com", "bob@*.example.com", "bob@exa*mple.com",
            "@*.*.example.com", "bob@", "@a b", "bob smith@example.com", "bob@example.com, ann@example.com",
            "bob\u{1}@example.com", "bob@example..com", "@-example.com", "<>", "b@b@*",
            String(repeating: "a", count: 600),
        ])
    func refused(_ given: String) {
        #expect(throws: SuppressionError.self) { try SuppressionPattern(given) }
    }
}
