import Mail
import Testing

@testable import Outbound

@Suite("URLs of receivers (RFC 3986 section 3)")
struct WebURLTests {
    @Test(
        "A URL is split into what a connection and a request need (RFC 3986 section 3.2.2)",
        arguments: [
            ("https://hooks.example.com/in?a=b", "https", "hooks.example.com", 443, "/in?a=b"),
            ("HTTP://Hooks.Example.COM", "http", "hooks.example.com", 80, "/"),
            ("http://10.0.0.1:8080?x", "http", "10.0.0.1", 8080, "/?x"),
            ("https://[2001:DB8::1]:8443/a", "https", "2001:db8::1", 8443, "/a"),
            ("https://[::1]", "https", "::1", 443, "/"),
            ("https://a_b.example./%20", "https", "a_b.example.", 443, "/%20"),
        ])
    func parses(text: String, scheme: String, host: String, port: Int, path: String) throws {
        let url = try WebURL(parsing: text)
        #expect(url.scheme.rawValue == scheme && url.host == host && url.port == port && url.pathAndQuery == path)
    }

    @Test(
        "A mistake is named, and the URL is not repeated",
        arguments: [
            ("ftp://example.com", "does not begin with https"), ("example.com", "does not begin with https"),
            ("https://user:secret@example.com/", "user name or password"), ("https://example.com/#top", "fragment"),
            ("https://", "host name"), ("https://a..b/", "host name"), ("https:///path", "host name"),
            ("https://exa mple.com", "visible ASCII"), ("https://exämple.com", "visible ASCII"),
            ("https://example.com/a\r\nx: y", "visible ASCII"), ("https://example.com:0/", "port"),
            ("https://example.com:65536/", "port"), ("https://example.com:/", "port"),
            ("https://example.com:+1/", "port"),
            ("https://[10.0.0.1]/", "IPv6"), ("https://[::1/", "IPv6"), ("https://[::1]x/", "after the brackets"),
            ("https://[fe80::1%25eth0]/", "IPv6"), ("https://a\\@b/", "backslash"),
            ("https://example.com/" + String(repeating: "a", count: 2048), "longer than"),
        ])
    func refuses(text: String, problem: String) {
        let error = #expect(throws: WebError.self) { try WebURL(parsing: text) }
        #expect(error?.code == .url && error?.message.contains(problem) == true)
        #expect(error?.message.contains("secret@") == false)
        #expect(WebURL(text) == nil)
    }

    @Test("The default port is not repeated, and an IPv6 address keeps its brackets (RFC 9110 section 4.2)")
    func authority() {
        #expect(WebURL("https://example.com:443/")?.authority == "example.com")
        #expect(WebURL("http://example.com:443/")?.authority == "example.com:443")
        #expect(WebURL("https://[2001:db8::1]:25/")?.authority == "[2001:db8::1]:25")
    }

    @Test("Logs get the URL without its path, which may be a secret")
    func description() {
        let url = WebURL("https://hooks.example.com/services/T0/secret")
        #expect(url.map { "\($0)" } == "https://hooks.example.com")
        #expect(url?.text == "https://hooks.example.com/services/T0/secret")
    }
}
