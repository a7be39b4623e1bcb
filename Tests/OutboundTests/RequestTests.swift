import Mail
import NIOHTTP1
import Testing

@testable import Outbound

@Suite("Requests to receivers")
struct RequestTests {
    private func request(_ name: String, _ value: String) throws -> WebRequest {
        WebRequest(url: try WebURL(parsing: "https://example.com/in"), headers: [(name, value)], body: [1, 2])
    }

    @Test(
        "A value cannot begin another field (RFC 9110 section 5.5)",
        arguments: ["a\r\nb: c", "a\nb", "a\rb", "a\0b", "a\u{7F}b", "\u{1B}[2J"])
    func splitting(value: String) throws {
        let request = try request("x-name", value)
        let error = #expect(throws: WebError.self) { try request.check() }
        #expect(error?.code == .request && error?.message.contains(value) == false)
    }

    @Test("A name is a token (RFC 9110 section 5.6.2)", arguments: ["", "a b", "a:b", "a\r\nb", "ä"])
    func names(name: String) throws {
        let request = try request(name, "x")
        #expect(throws: WebError.self) { try request.check() }
    }

    @Test(
        "Fields that frame the request are the client's own",
        arguments: ["Host", "Content-Length", "transfer-encoding"])
    func reserved(name: String) throws {
        let request = try request(name, "1")
        #expect(throws: WebError.self) { try request.check() }
    }

    @Test("The head names host and length, and the connection ends with the answer (RFC 9110 section 8.6)")
    func head() throws {
        let request = try request("content-type", "application/json; charset=\"utf-8\"")
        try request.check()
        let head = request.head
        #expect(head.method == .POST && head.uri == "/in")
        #expect(head.headers["host"] == ["example.com"] && head.headers["content-length"] == ["2"])
        #expect(head.headers["connection"] == ["close"])
        let get = WebRequest(url: request.url, method: .GET)
        #expect(!get.head.headers.contains(name: "content-length"))
    }
}
