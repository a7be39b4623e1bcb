import Access
import Admin
import Delivery
import Foundation
import Mail
import NIOCore
import Testing

// Problems: RFC 9457. Tokens: RFC 6750 section 3.
@Suite("The API over TCP")
struct AccessTests {
    /// A token of each role.
    struct Tokens {
        let read, send, operate: NewToken
        var settings = HTTPSettings()

        init() throws {
            (read, send, operate) = (try NewToken(), try NewToken(), try NewToken())
            settings.addresses = [.init(host: "127.0.0.1", port: 0)]
            settings.tokens = [
                AccessToken(name: "watcher", hash: read.hash, role: .read),
                AccessToken(name: "shop", hash: send.hash, role: .send, user: "shop"),
                AccessToken(name: "ops", hash: operate.hash, role: .operate),
            ]
        }
    }

    @Test("without a token, and with a wrong one, there is nothing to see, and it does not tell which paths exist")
    func strangers() async throws {
        let tokens = try Tokens()
        try await RunningAdmin.with(http: tokens.settings) { (admin) async throws in
            for path in [
                "/v1/queue", "/v1/nothing", "/metrics", "/", "/v1/queue/import", "/readyz?verbose", "/v1/openapi.json",
            ] {
                // The page itself tells nothing, and is for everybody.
                let methods = ["GET", "POST", "PUT", "PROPFIND"].filter { $0 != "GET" || path != "/" }
                for method in methods where !(method == "POST" && path == "/readyz?verbose") {
                    let answer = try RawHTTP.ask(admin.http, "\(method) \(path)")
                    #expect(answer.status == 401, "\(method) \(path)")
                    #expect(answer.fields["www-authenticate"]?.hasPrefix("Bearer") == true)
                    #expect(answer.fields["content-type"] == "application/problem+json")
                    #expect(
                        answer["error"] as? String == answer["detail"] as? String && answer["status"] as? Int == 401)
                }
            }
            for token in ["x", tokens.read.text.lowercased(), tokens.read.hash.text] {
                let answer = try RawHTTP.ask(admin.http, "GET /v1/health", token: token)
                #expect(answer.status == 401)
                #expect(answer.fields["www-authenticate"]?.contains("invalid_token") == true)
            }
            #expect(admin.access.refusals.filter { $0 == .token }.count == 3)
        }
    }

    @Test("each role may do what is its own")
    func roles() async throws {
        let tokens = try Tokens()
        try await RunningAdmin.with(http: tokens.settings) { (admin) async throws in
            func status(_ request: String, _ token: NewToken) throws -> Int {
                try RawHTTP.ask(admin.http, request, token: token.text).status
            }
            #expect(try status("GET /v1/health", tokens.read) == 200)
            #expect(try status("GET /metrics", tokens.read) == 200)
            #expect(try status("GET /readyz?verbose", tokens.read) == 200)
            #expect(try status("POST /v1/queue/hold", tokens.read) == 403)
            #expect(try status("GET /v1/health", tokens.send) == 403)
            #expect(try status("GET /metrics", tokens.send) == 403)
            #expect(try status("GET /readyz?verbose", tokens.send) == 403)
            #expect(try status("POST /v1/queue/hold", tokens.send) == 403)
            #expect(try status("GET /v1/health", tokens.operate) == 200)
            // Let in, and then told that the order is missing.
            #expect(try status("POST /v1/queue/hold", tokens.operate) == 400)
            #expect(try status("GET /v1/nothing", tokens.read) == 404)
            let other = try RawHTTP.ask(admin.http, "DELETE /v1/queue", token: tokens.operate.text)
            #expect(other.status == 405 && other.fields["allow"] == "GET")
        }
    }

    @Test("whether the relay lives and is ready, everybody may ask, and learns no more")
    func probes() async throws {
        let (tokens, problem) = (try Tokens(), "the disk is full")
        let parts = [
            ReadinessDocument.Part("spool", problem: problem), .init("upstreams", needed: false, problem: "none works"),
        ]
        try await RunningAdmin.with(readiness: ReadinessDocument(parts), http: tokens.settings) {
            (admin) async throws in
            for host in ["localhost", "10.1.2.3:8025", "anything.example"] {
                let lives = try RawHTTP.ask(admin.http, "GET /livez", host: host)
                #expect(lives.status == 200 && lives.body == "ok\n")
                let ready = try RawHTTP.ask(admin.http, "GET /readyz", host: host)
                #expect(ready.status == 503 && ready.body == "not ready\n")
            }
            let verbose = try RawHTTP.ask(admin.http, "GET /readyz?verbose", token: tokens.read.text)
            #expect(verbose.status == 503 && verbose.body.contains(problem))
        }
        try await RunningAdmin.with(readiness: ReadinessDocument([parts[1]]), http: tokens.settings) {
            (admin) async throws in
            #expect(try RawHTTP.ask(admin.http, "GET /readyz").body == "ok\n")
            let verbose = try RawHTTP.ask(admin.http, "GET /readyz?verbose=1", token: tokens.operate.text)
            #expect(verbose.status == 200 && verbose["status"] as? String == "ready")
        }
    }

    @Test("a name or a page of others is refused, even with a token")
    func rebinding() async throws {
        let tokens = try Tokens()
        try await RunningAdmin.with(http: tokens.settings) { (admin) async throws in
            func ask(_ host: String, _ fields: [String] = []) throws -> RawHTTP.Answer {
                try RawHTTP.ask(admin.http, "GET /v1/health", host: host, token: tokens.read.text, fields: fields)
            }
            for host in [admin.http, "localhost", "RELAY.example:80"] { #expect(try ask(host).status == 200) }
            for host in ["evil.example", "localhost.evil.example", "192.0.2.1", "[::1]:80"] {
                #expect(try ask(host).status == 421, "\(host)")
            }
            #expect(try ask("localhost", ["Host: localhost"]).status == 400)
            #expect(try ask("localhost", ["Origin: http://localhost:8025"]).status == 200)
            for origin in ["http://evil.example", "null", "https://localhost.evil.example"] {
                #expect(try ask("localhost", ["Origin: \(origin)"]).status == 403, "\(origin)")
            }
            #expect(Set(admin.access.refusals) == [.host, .origin])
        }
    }

    @Test("orders over TCP are by the token's name, which no client can choose")
    func who() async throws {
        let (tokens, controlled) = (try Tokens(), ControlledUpstreams())
        try await RunningAdmin.with(controlled: controlled, http: tokens.settings) { (admin) async throws in
            let answer = try RawHTTP.ask(
                admin.http, "POST /v1/queue/hold", token: tokens.operate.text, fields: ["posthorse-sudo-user: ann"],
                body: "{\"ids\":[\"0000000000001\"]}")
            #expect(answer.status == 200)
            let ended = controlled.events.compactMap { event in
                if case .orderEnded(let report, _, _) = event { report.who } else { nil }
            }
            #expect(ended == ["token:ops"])
        }
    }

    @Test("clients outside allow are not answered")
    func networks() async throws {
        var tokens = try Tokens()
        tokens.settings.allow = ["192.0.2.0/24"]
        try await RunningAdmin.with(http: tokens.settings) { (admin) async throws in
            let connection = try RawHTTP(admin.http)
            defer { connection.close() }
            connection.send(RawHTTP.head("GET /livez"))
            #expect(connection.rest() == "")
            #expect(admin.access.refusals == [.network])
        }
    }

    @Test("behind a proxy of ours, the client is whom it names")
    func proxies() async throws {
        var tokens = try Tokens()
        (tokens.settings.allow, tokens.settings.trustedProxies) = (["192.0.2.0/24"], ["127.0.0.1"])
        try await RunningAdmin.with(http: tokens.settings) { (admin) async throws in
            func status(_ client: String) throws -> Int {
                try RawHTTP.ask(
                    admin.http, "GET /v1/health", token: tokens.read.text, fields: ["X-Forwarded-For: \(client)"]
                ).status
            }
            #expect(try status("192.0.2.1") == 200)
            #expect(try status("192.0.2.1, 203.0.113.1") == 403)
            #expect(try status("nobody") == 400)
        }
    }
}
