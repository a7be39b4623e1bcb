import Access
import Testing

@testable import Admin

@Suite("The address of a relay over TCP")
struct ServerAddressTests {
    @Test(
        "is a scheme, a host and a port or none",
        arguments: [
            ("https://relay.example.com:8025", "relay.example.com", 8025),
            ("https://relay.example.com", "relay.example.com", 443),
            ("http://localhost/", "localhost", 80), ("http://127.0.0.1:1", "127.0.0.1", 1),
            ("HTTPS://[2001:db8::1]:443", "2001:db8::1", 443), ("http://[::1]", "::1", 80),
        ])
    func good(url: String, host: String, port: Int) throws {
        let address = try ServerAddress(url: url, token: "t")
        #expect(
            address.host == host && address.port == port && (address.tls == nil) == !url.lowercased().hasPrefix("https")
        )
    }

    @Test(
        "nothing else is",
        arguments: [
            "", "localhost", "ftp://localhost", "https://", "https:///x", "https://a/b", "https://a:0",
            "https://a:65536",
            "https://a:x", "https://u@a", "https://a?b", "https://[::1", "https://::1", "https://[a]", "https://a b",
        ])
    func bad(url: String) {
        #expect(throws: ServerAddress.Problem.self) { try ServerAddress(url: url, token: "t") }
    }

    @Test("a token crosses no network in clear text", arguments: ["http://relay.example.com", "http://192.0.2.1:80"])
    func clearText(url: String) {
        let problem = #expect(throws: ServerAddress.Problem.self) { try ServerAddress(url: url, token: "t") }
        #expect(problem?.description.contains("use https") == true)
    }

    @Test("a client with a token is answered, one with another is told so")
    func client() async throws {
        let tokens = try AccessTests.Tokens()
        try await RunningAdmin.with(http: tokens.settings) { (admin) async throws in
            func ask(_ token: String) async throws -> HealthDocument {
                let server = try ServerAddress(url: "http://\(admin.http)", token: token)
                return try await AdminClient(.server(server)).document(HealthDocument.self, at: AdminPath.health)
            }
            #expect(try await ask(tokens.read.text) == HealthDocument())
            let error = await #expect(throws: AdminClientError.self) { try await ask("x") }
            #expect(error == .refused(status: 401, message: "the token is not valid"))
        }
    }
}
