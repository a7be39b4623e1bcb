import Admin
import Testing

@Suite("Paths of the admin interface")
struct AdminPathTests {
    /// RFC 3986 section 2.3.
    @Test(
        "everything but unreserved characters is percent-encoded",
        arguments: [
            ("AZaz09-._~", "AZaz09-._~"), ("a/b?c&d=e#f", "a%2Fb%3Fc%26d%3De%23f"), ("\n %ä", "%0A%20%25%C3%A4"),
        ])
    func encoded(id: String, expected: String) {
        #expect(AdminPath.message(id) == "/v1/queue/\(expected)")
    }
}
