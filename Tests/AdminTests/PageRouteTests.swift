import Access
import Foundation
import NIOCore
import Testing

@testable import Admin

// Conditional requests: RFC 9110 section 13. Content-Security-Policy: W3C.
@Suite("The page is served")
struct PageRouteTests {
    private static let paths = ["/"] + PageFile.parts.map { "/page/\($0.name)" }

    @Test("to everybody, with its type, and nothing that the relay knows")
    func files() async throws {
        let tokens = try AccessTests.Tokens()
        try await RunningAdmin.with(http: tokens.settings) { (admin) async throws in
            for path in Self.paths {
                let answer = try RawHTTP.ask(admin.http, "GET \(path)", host: "anything.example")
                #expect(answer.status == 200, "\(path)")
                #expect(answer.fields["content-type"] == Self.type(of: path), "\(path)")
                #expect(answer.fields["x-content-type-options"] == "nosniff")
                #expect(answer.fields["set-cookie"] == nil)
            }
            #expect(try RawHTTP.ask(admin.http, "GET /page/other.js").status == 404)
            #expect(try RawHTTP.ask(admin.http, "POST /", token: tokens.operate.text).status == 405)
        }
    }

    private static func type(of path: String) -> String {
        switch path.split(separator: ".").last {
        case "js": "text/javascript; charset=utf-8"
        case "css": "text/css; charset=utf-8"
        case "png": "image/png"
        default: "text/html; charset=utf-8"
        }
    }

    @Test("with a policy that lets in nothing from elsewhere, nothing inline, and nobody who frames it")
    func policy() async throws {
        let tokens = try AccessTests.Tokens()
        try await RunningAdmin.with(http: tokens.settings) { (admin) async throws in
            let answer = try RawHTTP.ask(admin.http, "GET /")
            let policy = try #require(answer.fields["content-security-policy"])
            let parts = policy.split(separator: ";").map { $0.trimmingCharacters(in: .whitespaces) }
            for part in [
                "default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "base-uri 'none'",
                "form-action 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'",
            ] {
                #expect(parts.contains(part), "\(part)")
            }
            #expect(!policy.contains("unsafe") && !policy.contains("*") && !policy.contains("data:"))
            #expect(answer.fields["referrer-policy"] == "no-referrer" && answer.fields["x-frame-options"] == "DENY")
        }
    }

    @Test("anew only when it has changed")
    func validators() async throws {
        let tokens = try AccessTests.Tokens()
        try await RunningAdmin.with(http: tokens.settings) { (admin) async throws in
            var tags: Set<String> = []
            for path in Self.paths {
                let first = try RawHTTP.ask(admin.http, "GET \(path)")
                let tag = try #require(first.fields["etag"])
                #expect(first.fields["cache-control"] == "no-cache")
                tags.insert(tag)
                for known in [tag, "W/\(tag)", "\"other\", \(tag)", "*"] {
                    let connection = try RawHTTP(admin.http)
                    connection.send(
                        RawHTTP.head("GET \(path)", fields: ["If-None-Match: \(known)", "Connection: close"]))
                    let text = connection.rest()
                    connection.close()
                    #expect(text.hasPrefix("HTTP/1.1 304 "), "\(path) \(known)")
                    #expect(text.hasSuffix("\r\n\r\n"), "\(path)")
                }
                let other = try RawHTTP.ask(admin.http, "GET \(path)", fields: ["If-None-Match: \"other\""])
                #expect(other.status == 200)
            }
            #expect(tags.count == Self.paths.count)
            // What the API says is never kept.
            let data = try RawHTTP.ask(admin.http, "GET /v1/health", token: tokens.read.text)
            #expect(data.fields["cache-control"] == "no-store")
        }
    }

    @Test("by the socket as well, where it needs no token for its data either")
    func socket() async throws {
        try await RunningAdmin.with { (admin) async throws in
            let text = String(decoding: Array(PageFile.index.content.readableBytesView), as: UTF8.self)
            var answer = ""
            try await admin.client.forEachPart(at: "/") {
                answer += String(decoding: Array($0.readableBytesView), as: UTF8.self)
            }
            #expect(answer == text)
        }
    }
}
