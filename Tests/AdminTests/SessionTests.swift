import Access
import Admin
import Foundation
import NIOCore
import Testing

@testable import Admin

// RFC 6265 section 4.1.
@Suite("Sessions of browsers")
struct SessionTests {
    private static func cookie(_ answer: RawHTTP.Answer) throws -> String {
        let field = try #require(answer.fields["set-cookie"])
        return String(field.prefix { $0 != ";" })
    }

    @Test("behind a proxy of ours that has TLS, and no other, the cookie is for TLS only")
    func proxied() async throws {
        for (proxies, isSecure) in [(["127.0.0.1"], true), (["192.0.2.1"], false)] {
            var tokens = try AccessTests.Tokens()
            tokens.settings.trustedProxies = proxies
            try await RunningAdmin.with(http: tokens.settings) { (admin) async throws in
                func cookie(_ fields: String...) throws -> String? {
                    try RawHTTP.ask(admin.http, "POST /v1/session", token: tokens.read.text, fields: fields)
                        .fields["set-cookie"]
                }
                #expect(try cookie("X-Forwarded-Proto: https")?.hasSuffix("; Secure") == isSecure)
                #expect(try cookie("X-Forwarded-Proto: http")?.contains("Secure") == false)
                #expect(try cookie()?.contains("Secure") == false)
            }
        }
    }

    @Test("a session stands for its token until it ends, in a cookie that no script and no other site can use")
    func session() async throws {
        let tokens = try AccessTests.Tokens()
        try await RunningAdmin.with(http: tokens.settings) { (admin) async throws in
            let login = try RawHTTP.ask(admin.http, "POST /v1/session", token: tokens.operate.text)
            #expect(login.status == 201 && login["name"] as? String == "ops" && login["role"] as? String == "operate")
            let field = try #require(login.fields["set-cookie"])
            #expect(field.contains("; HttpOnly") && field.contains("; SameSite=Strict") && !field.contains("Secure"))
            let cookie = "Cookie: a=b; \(try Self.cookie(login)); c=d"
            func status(_ request: String, _ fields: String...) throws -> Int {
                let body = request.hasPrefix("POST") ? "{\"filter\":{}}" : ""
                return try RawHTTP.ask(admin.http, request, fields: [cookie] + fields, body: body).status
            }
            #expect(try status("GET /v1/health") == 200)
            // What a form of another site can make a browser send.
            #expect(try status("POST /v1/queue/hold") == 403)
            #expect(try status("POST /v1/queue/hold", "Origin: http://evil.example") == 403)
            #expect(try status("POST /v1/queue/hold", "X-Posthorse-Request: 1") == 200)
            #expect(try status("POST /v1/queue/hold", "Origin: http://localhost") == 200)
            // Whoever has the cookie only cannot make it last.
            #expect(try status("POST /v1/session", "X-Posthorse-Request: 1") == 401)
            #expect(try status("GET /v1/session") == 200)
            #expect(try status("GET /v1/health", "Authorization: Bearer x") == 401)
            #expect(try status("DELETE /v1/session", "X-Posthorse-Request: 1") == 204)
            #expect(try status("GET /v1/health") == 401)
        }
    }

    @Test("a session may do what its token may, and ends with it")
    func roles() throws {
        let (read, other) = (try NewToken(), try NewToken())
        let token = AccessToken(name: "watcher", hash: read.hash, role: .read)
        let (tokens, sessions) = (TokenDirectory([token]), SessionDirectory())
        let start = ContinuousClock.now
        let secret = try sessions.begin(token, now: start)
        #expect(sessions.token(secret, in: tokens, now: start) == token)
        #expect(sessions.token(read.text, in: tokens, now: start) == nil)
        #expect(sessions.token(secret, in: tokens, now: start + SessionDirectory.lifetime) == nil)
        // The same name, another token.
        tokens.replace(with: [AccessToken(name: "watcher", hash: other.hash, role: .operate)])
        #expect(sessions.token(secret, in: tokens, now: start) == nil)
    }

    @Test("so many sessions at a time; the oldest makes room")
    func many() throws {
        let token = AccessToken(name: "ops", hash: try NewToken().hash, role: .operate)
        let (tokens, sessions) = (TokenDirectory([token]), SessionDirectory())
        let start = ContinuousClock.now
        let secrets = try (0...1000).map { try sessions.begin(token, now: start + .milliseconds($0)) }
        #expect(sessions.token(secrets[0], in: tokens, now: start) == nil)
        #expect(sessions.token(secrets[1], in: tokens, now: start) == token)
    }
}

@Suite("Rates of requests")
struct RequestRatesTests {
    private static func at(_ milliseconds: Int64) -> NIODeadline { .uptimeNanoseconds(0) + .milliseconds(milliseconds) }

    @Test("a burst, then so many a second, for each client")
    func rate() {
        var rates = RequestRates(.init(burst: 3, perSecond: 2))
        #expect((0..<3).allSatisfy { _ in rates.take("a", at: Self.at(0)) == nil })
        #expect(rates.take("a", at: Self.at(0)) == 1)
        #expect(rates.take("b", at: Self.at(0)) == nil)
        #expect(rates.take("a", at: Self.at(400)) == 1)
        #expect(rates.take("a", at: Self.at(600)) == nil)
        #expect(rates.take("a", at: Self.at(60_000)) == nil)
    }

    @Test("many clients take bounded memory, and one that sends too much stays limited")
    func memory() {
        var rates = RequestRates(.init(burst: 1, perSecond: 0.001), capacity: 10)
        for number in 0..<9 { #expect(rates.take("c\(number)", at: Self.at(Int64(number))) == nil) }
        #expect(rates.take("c8", at: Self.at(9)) != nil)
        for number in 0..<1000 { _ = rates.take("d\(number)", at: Self.at(10)) }
        #expect(rates.count <= 10)
    }

    @Test("strangers who ask too much are told to wait; holders of a token are not")
    func strangers() async throws {
        let tokens = try AccessTests.Tokens()
        try await RunningAdmin.with(http: tokens.settings) { (admin) async throws in
            let connection = try RawHTTP(admin.http)
            defer { connection.close() }
            for _ in 0..<400 { connection.send(RawHTTP.head("GET /livez")) }
            let answers = connection.answers(400)
            let refused = answers.filter { $0.status == 429 }
            #expect(answers.count == 400 && !refused.isEmpty && answers.contains { $0.status == 200 })
            #expect(refused.first?.fields["retry-after"] == "1")
            #expect(try RawHTTP.ask(admin.http, "GET /v1/health", token: tokens.read.text).status == 200)
        }
    }

    @Test("wrong tokens count as well: too many are told to wait; a right one is not")
    func guesses() async throws {
        let tokens = try AccessTests.Tokens()
        try await RunningAdmin.with(http: tokens.settings) { (admin) async throws in
            let control = try #require(admin.control)
            // The allowance grows meanwhile, so that a guess may still pass.
            for _ in 0..<100 where !admin.access.refusals.contains(.rate) {
                while control.strangers.take("127.0.0.1") == nil {}
                _ = try RawHTTP.ask(admin.http, "GET /v1/health", token: "guess")
            }
            #expect(admin.access.refusals.contains(.rate))
            #expect(try RawHTTP.ask(admin.http, "GET /v1/health", token: tokens.read.text).status == 200)
        }
    }
}
