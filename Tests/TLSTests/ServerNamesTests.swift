import Testing

@testable import TLS

@Suite("The choice of a certificate")
struct ServerNamesTests {
    private static let names = ServerNames([
        .init(hostNames: ["a.example.com", "shared.example.com"], keyType: 1),
        .init(hostNames: ["*.example.com", "shared.example.com"], keyType: 1),
        .init(hostNames: ["b.example.net"], keyType: 1),
        .init(hostNames: ["b.example.net", "c.example.net"], keyType: 2),
    ])

    /// RFC 6066 section 3, RFC 6125 section 6.4.3.
    @Test(
        "prefers the exact name, then a wildcard, then the first",
        arguments: [
            ("a.example.com", 0), ("A.Example.Com.", 0), ("shared.example.com", 0), ("x.example.com", 1),
            ("x.y.example.com", 0), ("example.com", 0), (".example.com", 0), ("b.example.net", 2), ("c.example.net", 3),
            ("", 0), (".", 0), ("*.example.com", 1), ("unknown", 0),
        ])
    func choice(host: String, group: Int) {
        #expect(Self.names.group(for: host) == group)
    }

    @Test("presents certificates of other key types for the same names together")
    func groups() {
        #expect(Self.names.groups == [[0], [1], [2, 3], [3]])
        let three = ServerNames((1...3).map { .init(hostNames: ["a"], keyType: $0) })
        #expect(three.groups == [[0, 1, 2], [1, 0, 2], [2, 0, 1]])
        #expect(three.group(for: "a") == 0)
    }

    @Test("prefers what serves more kinds of clients")
    func wider() {
        let names = ServerNames([
            .init(hostNames: ["a", "b"], keyType: 1), .init(hostNames: ["a"], keyType: 2),
        ])
        #expect(names.groups == [[0], [1, 0]])
        #expect(names.group(for: "a") == 1)
        #expect(names.group(for: "b") == 0)
    }

    @Test("parses host names and addresses")
    func identifiers() {
        #expect(ServerIdentifier("mx.example.com.") == .host("mx.example.com"))
        #expect(ServerIdentifier("192.0.2.1") == .address("192.0.2.1"))
        #expect(ServerIdentifier("[2001:db8::1]") == .address("2001:db8::1"))
        #expect(ServerIdentifier("2001:db8::1") == .address("2001:db8::1"))
        #expect(ServerIdentifier("192.0.2.1.example.com") == .host("192.0.2.1.example.com"))
    }
}
