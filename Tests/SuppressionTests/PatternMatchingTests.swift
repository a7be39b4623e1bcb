import Testing

@testable import Suppression

@Suite("An address fits a pattern")
struct PatternMatchingTests {
    @Test(
        "of the address itself, of its domain, of a domain above it, and of its local part",
        arguments: [
            ("ann@example.com", "Ann@Example.com"), ("@example.com", "ann@example.com"),
            ("*@example.com", "ann@EXAMPLE.com."), ("*@*.example.com", "ann@a.example.com"),
            ("@*.example.com", "ann@a.b.example.com"), ("ann@*", "ann@x"),
            ("\"a b\"@example.com", "\"a b\"@example.com"),
            ("@exämple.com", "ann@xn--exmple-cua.com"), ("@xn--exmple-cua.com", "ann@EXÄMPLE.com"),
            ("ann@example.com", "\"ann\"@example.com"),
        ])
    func fits(pattern: String, address: String) throws {
        #expect(try SuppressionPattern(pattern).matches(normal: NormalAddress.text(address)))
    }

    @Test(
        "and no other",
        arguments: [
            ("ann@example.com", "bob@example.com"), ("ann@example.com", "ann@example.com.evil.example"),
            ("@example.com", "ann@a.example.com"), ("@example.com", "ann@evilexample.com"),
            ("@example.com", "\"ann@example.com\"@evil.example"), ("*@*.example.com", "ann@example.com"),
            ("*@*.example.com", "ann@evilexample.com"), ("*@*.example.com", "ann@.example.com.evil.example"),
            ("ann@*", "xann@y"), ("ann@*", "ann"), ("@example.com", "example.com"), ("@example.com", ""),
        ])
    func fitsNot(pattern: String, address: String) throws {
        #expect(try !SuppressionPattern(pattern).matches(normal: NormalAddress.text(address)))
    }
}
