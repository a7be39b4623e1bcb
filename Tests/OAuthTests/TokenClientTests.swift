import Foundation
import Mail
import NIOCore
import NIOPosix
import Outbound
import Synchronization
import TLS
import TestKit
import Testing

@testable import OAuth

/// What has been called back with.
private final class Answers: Sendable {
    private let counts = Mutex((tokens: 0, failures: 0))

    var tokens: Int { counts.withLock { $0.tokens } }
    var failures: Int { counts.withLock { $0.failures } }

    func add(_ result: Result<TokenGrant, TokenFailure>) {
        counts.withLock { counts in
            switch result {
            case .success: counts.tokens += 1
            case .failure: counts.failures += 1
            }
        }
    }
}

/// Every name is this machine.
private struct LocalResolver: NameResolver {
    func addresses(of host: String, on eventLoop: any EventLoop) -> EventLoopFuture<[IPAddress]> {
        eventLoop.makeSucceededFuture([IPAddress("127.0.0.1")].compactMap(\.self))
    }
}

@Suite("Requests to a token endpoint, over TLS")
struct TokenClientTests {
    private static let token = #"{"token_type":"Bearer","expires_in":3599,"access_token":"eyJ0eXAi.first"}"#
    private static let rotated =
        #"{"token_type":"Bearer","expires_in":3599,"access_token":"eyJ0eXAi.next","refresh_token":"refresh-2"}"#
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        try write("client-secret", to: "secret")
        try write("refresh-1", to: "refresh")
    }

    private func path(_ name: String) -> String { "\(directory.path)/\(name)" }

    private func write(_ text: String, to name: String) throws {
        try Data("\(text)\n".utf8).write(to: URL(fileURLWithPath: path(name)))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path(name))
    }

    private func content(_ name: String) throws -> String {
        try String(contentsOfFile: path(name), encoding: .utf8)
    }

    private func settings(_ server: TokenServer, _ grant: OAuthGrant = .clientCredentials) -> OAuthSettings {
        var settings = OAuthSettings()
        settings.tokenURL = WebURL(
            scheme: .https, host: TokenServer.host, port: server.port, pathAndQuery: "/oauth2/v2.0/token")
        (settings.clientID, settings.clientSecretFile) = ("relay", path("secret"))
        settings.scope = "https://outlook.office365.com/.default"
        if grant == .refreshToken { settings.refreshTokenFile = path("refresh") }
        return settings
    }

    private func client(_ server: TokenServer, timeout: Duration = .seconds(5), trusts: Bool = true) -> TokenClient {
        let trust = TLSClientSettings(caFile: trusts ? server.certificates.authorityFile : nil)
        return TokenClient { _ throws(WebError) in
            try NIOWebClient(
                group: MultiThreadedEventLoopGroup.singleton, timeout: timeout, trust: trust,
                bodyLimit: TokenClient.answerLimit, allowPrivate: true, resolver: LocalResolver(),
                clock: { Timestamp(milliseconds: 0) })
        }
    }

    private func ask(_ client: TokenClient, _ settings: OAuthSettings) async -> Result<TokenGrant, TokenFailure> {
        await withCheckedContinuation { continuation in
            client.request(for: settings) { continuation.resume(returning: $0) }
        }
    }

    private func failure(_ result: Result<TokenGrant, TokenFailure>) -> TokenFailure? {
        if case .failure(let failure) = result { failure } else { nil }
    }

    // MARK: - Tokens

    @Test("Client credentials: a form goes out, and a token comes back")
    func clientCredentials() async throws {
        try await TokenServer.with(.json(Self.token)) { server in
            let grant = try await ask(client(server), settings(server)).get()
            #expect(grant == TokenGrant(.named("eyJ0eXAi.first"), lifetime: .seconds(3599)))
            let request = try #require(server.requests.first)
            #expect(request.head.hasPrefix("POST /oauth2/v2.0/token HTTP/1.1\r\n"))
            #expect(request.head.contains("content-type: application/x-www-form-urlencoded"))
            #expect(
                request.fields == [
                    "grant_type": "client_credentials", "client_id": "relay", "client_secret": "client-secret",
                    "scope": "https://outlook.office365.com/.default",
                ])
        }
    }

    @Test("Client credentials: a refresh token that comes unasked is not stored, and a damaged one on disk is not read")
    func unwantedRefreshToken() async throws {
        try await TokenServer.with(.json(Self.rotated)) { server in
            var settings = settings(server, .refreshToken)
            settings.grant = .clientCredentials
            try write("dam aged", to: "refresh")
            let grant = try await ask(client(server), settings).get()
            #expect(grant.token == .named("eyJ0eXAi.next") && grant.unsaved == nil)
            #expect(try content("refresh") == "dam aged\n")
            #expect(server.requests.map { $0.fields["refresh_token"] } == [nil])
        }
    }

    @Test("A damaged refresh token is an error with its file, and is not sent; a new one mends it")
    func damagedRefreshToken() async throws {
        try await TokenServer.with(.json(Self.token)) { server in
            let (client, settings) = (client(server), settings(server, .refreshToken))
            try write("dam aged", to: "refresh")
            let failure = failure(await ask(client, settings))
            #expect(failure?.error.code == .file && server.requests.isEmpty)
            let words = "no token: refresh_token_file \(path("refresh")) has more than one line"
            #expect(failure?.error.message.hasPrefix(words) == true)
            #expect(failure?.error.message.hasSuffix("write a new refresh token into it, alone on a line") == true)
            try write("refresh-1", to: "refresh")
            _ = try await ask(client, settings).get()
        }
    }

    @Test("A rotated refresh token is on disk before the token is handed over, and the next request has it")
    func rotation() async throws {
        try await TokenServer.with(.json(Self.rotated)) { server in
            let client = client(server)
            let settings = settings(server, .refreshToken)
            let grant = try await ask(client, settings).get()
            #expect(try content("refresh") == "refresh-2\n")
            #expect(grant.token == .named("eyJ0eXAi.next") && grant.unsaved == nil)
            _ = await ask(client, settings)
            #expect(server.requests.map { $0.fields["refresh_token"] } == ["refresh-1", "refresh-2"])
        }
    }

    @Test("A rotated refresh token is kept even if nothing else in the answer can be used")
    func rotationAlone() async throws {
        let odd = Self.rotated.replacing("3599", with: "\"soon\"")
        try await TokenServer.with(.json(odd), .json(Self.token)) { server in
            let client = client(server)
            let settings = settings(server, .refreshToken)
            #expect(failure(await ask(client, settings))?.error.code == .answer)
            #expect(try content("refresh") == "refresh-2\n")
            _ = try await ask(client, settings).get()
            #expect(server.requests.map { $0.fields["refresh_token"] } == ["refresh-1", "refresh-2"])
        }
    }

    @Test("On a full disk the token is used, the refresh token waits in memory, and nothing is asked with either")
    func fullDisk() async throws {
        try await TokenServer.with(.json(Self.rotated)) { server in
            let client = client(server)
            let settings = settings(server, .refreshToken)
            try FileManager.default.createDirectory(
                atPath: path(".refresh.new/x"), withIntermediateDirectories: true)
            let grant = try await ask(client, settings).get()
            #expect(grant.unsaved?.code == .unsaved)
            #expect(failure(await ask(client, settings))?.error.code == .unsaved)
            #expect(server.requests.count == 1)
            try FileManager.default.removeItem(atPath: path(".refresh.new"))
            #expect(try await ask(client, settings).get().unsaved == nil)
            #expect(server.requests.map { $0.fields["refresh_token"] } == ["refresh-1", "refresh-2"])
        }
    }

    @Test("Requests with one refresh token are made one after the other")
    func oneAtATime() async throws {
        let second = Self.rotated.replacing("refresh-2", with: "refresh-3")
        try await TokenServer.with(.json(Self.rotated), .json(second)) { server in
            let client = client(server)
            var other = settings(server, .refreshToken)
            other.clientID = "other"
            async let one = ask(client, settings(server, .refreshToken))
            async let two = ask(client, other)
            _ = (try await one.get(), try await two.get())
            #expect(server.requests.map { $0.fields["refresh_token"] } == ["refresh-1", "refresh-2"])
            #expect(try content("refresh") == "refresh-3\n")
        }
    }

    @Test("A new secret on disk is in the next request")
    func newSecret() async throws {
        try await TokenServer.with(.status(401, #"{"error":"invalid_client"}"#), .json(Self.token)) { server in
            let client = client(server)
            #expect(failure(await ask(client, settings(server)))?.error.code == .refused)
            try write("another", to: "secret")
            _ = try await ask(client, settings(server)).get()
            #expect(server.requests.map { $0.fields["client_secret"] } == ["client-secret", "another"])
        }
    }

    // MARK: - Faults

    @Test(
        "A fault of the endpoint is an error with its name, and nothing of a secret",
        arguments: [
            (.status(500, "oops"), .unavailable), (.head(503, ["retry-after: 20"], ""), .unavailable),
            (.status(400, #"{"error":"invalid_client"}"#), .refused),
            (.status(400, #"{"error":"invalid_grant","error_description":"client-secret refresh-1"}"#), .refused),
            (.json("{\"access_token\":"), .answer), (.json(String(repeating: "x", count: 200_000)), .answer),
            (.head(302, ["location: https://127.0.0.1:1/"], ""), .answer), (.hangUp, .unavailable),
        ] as [(TokenServer.Answer, TokenError.Code)])
    func faults(answer: TokenServer.Answer, code: TokenError.Code) async throws {
        try await TokenServer.with(answer) { server in
            let failure = failure(await ask(client(server), settings(server, .refreshToken)))
            #expect(failure?.error.code == code)
            let text = failure.map { "\($0)" } ?? ""
            #expect(!text.contains("client-secret") && !text.contains("refresh-1"))
            #expect(text.contains(TokenServer.host), "\(text)")
            #expect(server.requests.count == 1)
            if case .head(503, _, _) = answer { #expect(failure?.retryAfter == .seconds(20)) }
            let kept = try content("refresh")
            #expect(kept == "refresh-1\n")
        }
    }

    @Test("A silent endpoint costs the time limit, and no more")
    func silence() async throws {
        try await TokenServer.with(.silence) { server in
            let failure = failure(await ask(client(server, timeout: .milliseconds(50)), settings(server)))
            #expect(failure?.error.code == .unavailable)
        }
    }

    @Test("An endpoint with a certificate of a stranger gets no secret")
    func stranger() async throws {
        try await TokenServer.with(.json(Self.token)) { server in
            let failure = failure(await ask(client(server, trusts: false), settings(server)))
            #expect(failure?.error.code == .unavailable && server.requests.isEmpty)
        }
    }

    @Test("Without its secret, nothing is asked")
    func noSecret() async throws {
        try await TokenServer.with(.json(Self.token)) { server in
            try FileManager.default.removeItem(atPath: path("secret"))
            let failure = failure(await ask(client(server), settings(server)))
            #expect(failure?.error.code == .file && server.requests.isEmpty)
        }
    }

    // MARK: - The end

    @Test("A closed client waits for the request under way, and begins no other")
    func close() async throws {
        try await TokenServer.with(.json(Self.rotated)) { server in
            let client = client(server)
            let settings = settings(server, .refreshToken)
            let answers = Answers()
            client.request(for: settings) { answers.add($0) }
            await client.close()
            #expect(answers.tokens == 1)
            let kept = try content("refresh")
            #expect(kept == "refresh-2\n")
            client.request(for: settings) { answers.add($0) }
            #expect(answers.failures == 1 && server.requests.count == 1)
        }
    }

    @Test("It does not wait for an endpoint that can take no account with it")
    func closeAtOnce() async throws {
        try await TokenServer.with(.silence) { server in
            let client = client(server, timeout: .seconds(60))
            let answers = Answers()
            let start = ContinuousClock.now
            client.request(for: settings(server)) { answers.add($0) }
            await client.close()
            #expect(answers.failures == 1)
            #expect(ContinuousClock.now - start < .seconds(30))
        }
    }

    @Test("What waits for another request in its line does not begin any more")
    func closeLine() async throws {
        try await TokenServer.with(.json(Self.rotated)) { server in
            let client = client(server)
            let settings = settings(server, .refreshToken)
            let answers = Answers()
            for _ in 0..<3 { client.request(for: settings) { answers.add($0) } }
            await client.close()
            #expect(answers.tokens + answers.failures == 3 && answers.tokens >= 1)
            #expect(server.requests.count == answers.tokens)
        }
    }
}
