import Access
import Admin
import Mail
import NIOCore
import Telemetry
import Testing

@Suite("Requests over TCP in other forms than the usual one")
struct RequestFormTests {
    private func with(
        events: EventFeed? = nil,
        _ body: (_ admin: RunningAdmin, _ tokens: AccessTests.Tokens) throws -> Void
    ) async throws {
        let tokens = try AccessTests.Tokens()
        try await RunningAdmin.with(http: tokens.settings, events: events) { (admin) async throws in
            try body(admin, tokens)
        }
    }

    /// What has come when the relay has closed the connection; nil if it does not.
    private static func answer(_ address: String, _ request: String) throws -> String? {
        let connection = try RawHTTP(address)
        defer { connection.close() }
        connection.send(request)
        return connection.toEnd()
    }

    @Test(
        "the connection ends behind the answer to HTTP/1.0, and where the client asks for it in whatever letters",
        arguments: [
            "GET /livez HTTP/1.0\r\n\r\n", "GET /livez HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\n\r\n",
            "GET /livez HTTP/1.1\r\nHost: x\r\nConnection: Close\r\n\r\n",
        ])
    func ends(request: String) async throws {
        try await with { admin, _ in
            let text = try #require(try Self.answer(admin.http, request))
            #expect(text.hasPrefix(request.contains("/1.0") ? "HTTP/1.0 200" : "HTTP/1.1 200"))
            #expect(text.hasSuffix("\r\n\r\nok\n"))
        }
    }

    @Test("an answer to HTTP/1.0 without a length is not in chunks")
    func stream() async throws {
        try await with(events: EventFeed()) { admin, tokens in
            let request = "GET /v1/events?follow=false HTTP/1.0\r\nHost: localhost\r\n"
            let text = try #require(
                try Self.answer(admin.http, request + "Authorization: Bearer \(tokens.read.text)\r\n\r\n"))
            #expect(text.hasPrefix("HTTP/1.0 200") && text.contains("\r\n\r\nretry: 2000\n"))
            #expect(!text.lowercased().contains("transfer-encoding"))
        }
    }

    @Test(
        "HEAD has the length of GET, and no body, whatever the answer", arguments: ["/livez", "/readyz", "/v1/queue"])
    func head(path: String) async throws {
        try await with { admin, _ in
            let get = try RawHTTP.ask(admin.http, "GET \(path)")
            let field = RawHTTP.head("HEAD \(path)", fields: ["Connection: close"])
            let text = try #require(try Self.answer(admin.http, field)).lowercased()
            #expect(text.contains("\r\ncontent-length: \(get.body.utf8.count)\r\n") && text.hasSuffix("\r\n\r\n"))
        }
    }

    @Test(
        "a request without a host is refused, also where the name of the host does not count",
        arguments: ["GET /livez", "GET http://localhost/livez"])
    func hostless(request: String) async throws {
        try await with { admin, _ in
            let text = try #require(
                try Self.answer(admin.http, "\(request) HTTP/1.1\r\nConnection: close\r\n\r\n"))
            #expect(text.hasPrefix("HTTP/1.1 400"))
        }
    }

    @Test("the host in the target counts, not that of Host")
    func absolute() async throws {
        try await with { admin, tokens in
            func status(_ target: String, host: String) throws -> Int {
                try RawHTTP.ask(admin.http, "GET \(target)", host: host, token: tokens.read.text).status
            }
            let named = try status("http://localhost/v1/health", host: "evil.example")
            #expect(named == 200)
            for target in ["http://evil.example/v1/health", "http://localhost@evil.example/v1/health"] {
                let other = try status(target, host: "localhost")
                #expect(other == 421, "\(target)")
            }
            // The path is /, which is the page and has no data.
            let query = try RawHTTP.ask(
                admin.http, "GET http://evil.example?/v1/health", host: "localhost", token: tokens.read.text)
            #expect(query.body.hasPrefix("<!doctype html>"))
            let probe = try status("http://evil.example/livez", host: "localhost")
            #expect(probe == 200)
        }
    }

    @Test(
        "a path with an empty part does not exist",
        arguments: ["//v1/health", "/v1//health", "http://localhost//livez"])
    func emptyPart(target: String) async throws {
        try await with { admin, tokens in
            let answer = try RawHTTP.ask(admin.http, "GET \(target)", token: tokens.read.text)
            #expect(answer.status == 404)
        }
    }

    @Test(
        "what is no request is told so by a problem detail",
        arguments: [
            "nonsense\r\n\r\n",
            "POST /v1/queue/hold HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        ])
    func unreadable(request: String) async throws {
        try await with { admin, _ in
            let connection = try RawHTTP(admin.http)
            defer { connection.close() }
            connection.send(request)
            let answer = try #require(connection.answers().first)
            #expect(answer.status == 400 && answer["status"] as? Int == 400)
            #expect(answer.fields["content-type"] == "application/problem+json")
            #expect(answer.fields["connection"] == "close")
        }
    }
}
