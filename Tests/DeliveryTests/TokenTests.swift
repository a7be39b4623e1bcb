import Mail
import NIOCore
import OAuth
import SASL
import SMTP
import Spool
import TestKit
import Testing
import Upstreams

@testable import Delivery

@Suite("Accounts whose tokens the relay gets by itself")
struct TokenTests {
    private static let user = "relay@example.com"

    private static func settings(_ client: String = "relay") -> OAuthSettings {
        var settings = OAuthSettings()
        (settings.preset, settings.tenant, settings.clientID) = (.microsoft, "contoso.com", client)
        settings.clientSecretFile = "/nonexistent"
        return settings
    }

    private func stage(
        _ tokens: ScriptedTokens, mechanisms: String = "AUTH LOGIN XOAUTH2",
        _ configure: (inout DeliverySettings) -> Void = { _ in }
    ) -> DeliveryStage {
        let stage = DeliveryStage(tokens: tokens) { settings in
            settings.upstreams[0].username = Self.user
            settings.upstreams[0].oauth = Self.settings()
            settings.upstreams[0].authWithoutTLS = true
            settings.upstreams[0].maxConnections = 1
            configure(&settings)
        }
        stage.first.keywords = [mechanisms]
        return stage
    }

    private func xoauth2(_ token: String) -> String {
        "AUTH XOAUTH2 " + Base64.encode("user=\(Self.user)\u{1}auth=Bearer \(token)\u{1}\u{1}".utf8)
    }

    /// RFC 7628 section 3.1.
    private func bearer(_ token: String) -> String {
        "AUTH OAUTHBEARER " + Base64.encode("n,a=\(Self.user),\u{1}auth=Bearer \(token)\u{1}\u{1}".utf8)
    }

    private func logins(_ stage: DeliveryStage) -> [String] {
        stage.first.commands.filter { $0.hasPrefix("AUTH") }
    }

    private func status(_ stage: DeliveryStage) -> UpstreamStatus { stage.dispatcher.statuses()[0] }

    /// A server that takes these tokens only, with the error dialogue of the mechanism (RFC 7628 section 3.2.3).
    private func takes(_ stage: DeliveryStage, _ good: String...) {
        let right = good.flatMap { [xoauth2($0), bearer($0)] }
        let reason = Base64.encode(#"{"status":"invalid_token"}"#.utf8)
        var dummy = ""
        stage.first.script = { at, line in
            guard at == .auth else { return nil }
            if line.hasPrefix("AUTH") {
                dummy = line.hasPrefix("AUTH OAUTHBEARER") ? "AQ==" : ""
                return right.contains(line) ? nil : .reply("334 \(reason)")
            }
            return line == dummy ? .reply("535 5.7.3 Authentication unsuccessful") : .reply("501 5.5.2 what")
        }
    }

    // MARK: - Logins

    @Test("The token is asked for at the start, before any mail, and every session has it")
    func first() throws {
        let tokens = ScriptedTokens(.token("one"))
        let stage = stage(tokens)
        try stage.settle()
        #expect(tokens.requests == [Self.settings()])
        for _ in 0..<2 {
            stage.accept()
            try stage.settle()
            for connection in stage.first.connections { connection.drop() }
        }
        #expect(stage.first.received.count == 2 && logins(stage) == [xoauth2("one"), xoauth2("one")])
        #expect(tokens.requests.count == 1)
        #expect(stage.words.first == "token renewed first")
    }

    @Test(
        "The mechanism is what the server offers, or the operator wants",
        arguments: [
            ("AUTH PLAIN OAUTHBEARER", nil, false), ("AUTH XOAUTH2 OAUTHBEARER", nil, true),
            ("AUTH XOAUTH2 OAUTHBEARER", SASLMechanism.oauthBearer, false),
        ] as [(String, SASLMechanism?, Bool)])
    func mechanism(offered: String, wanted: SASLMechanism?, isXOAUTH2: Bool) throws {
        let stage = stage(ScriptedTokens(.token("one")), mechanisms: offered) { $0.upstreams[0].mechanism = wanted }
        takes(stage, "one")
        stage.accept()
        try stage.settle()
        #expect(logins(stage) == [isXOAUTH2 ? xoauth2("one") : bearer("one")])
        #expect(stage.first.received.count == 1)
    }

    @Test("A server without a mechanism for tokens is the account's fault")
    func noMechanism() throws {
        let stage = stage(ScriptedTokens(.token("one")), mechanisms: "AUTH PLAIN LOGIN")
        stage.accept()
        try stage.settle()
        #expect(stage.second.received.count == 1 && status(stage).refusesAccount)
        let words = "auth: the server offers no XOAUTH2 or OAUTHBEARER, which a token needs: PLAIN LOGIN"
        #expect(status(stage).lastError == words)
    }

    @Test("A long explanation is cut, and nothing of the token is in it")
    func longExplanation() throws {
        let token = String(repeating: "zq7Kp2wV9xTrLm4", count: 4)
        let stage = stage(ScriptedTokens(.token(token), .token(token)), mechanisms: "AUTH OAUTHBEARER")
        // The cut would be within the token.
        let text = #"{"status":"invalid_token","scope":"\#(String(repeating: "s", count: 140)) \#(token) more"}"#
        stage.first.script = { at, line in
            guard at == .auth else { return nil }
            return .reply(line.hasPrefix("AUTH") ? "334 \(Base64.encode(text.utf8))" : "535 5.7.8 no")
        }
        stage.accept()
        try stage.settle()
        let error = try #require(status(stage).lastError)
        #expect(error.hasPrefix("auth: 535 5.7.8 no ({\"status\":\"invalid_token\",\"scope\":\"ss"))
        #expect(!error.contains("zq7") && error.count < 400)
    }

    /// Of the mail that goes on.
    private func phases(_ stage: DeliveryStage) -> [String] {
        stage.events.all.compactMap { if case .deferred(_, _, _, let phase, _, _, _, _) = $0 { phase } else { nil } }
    }

    @Test("Mail that goes on because there is no token is told at which step")
    func phase() throws {
        let stage = stage(ScriptedTokens(.refusal()))
        for _ in 0..<3 { stage.accept() }
        try stage.settle()
        #expect(stage.second.received.count == 3 && Set(phases(stage)) == ["auth"])
    }

    // MARK: - Waiting

    @Test("Waiting for a token is no slowness of the upstream")
    func waiting() throws {
        let tokens = ScriptedTokens()
        let stage = DeliveryStage(upstreams: 1, tokens: tokens) { settings in
            settings.upstreams[0].username = Self.user
            settings.upstreams[0].oauth = Self.settings()
            settings.upstreams[0].authWithoutTLS = true
        }
        stage.first.keywords = ["AUTH XOAUTH2"]
        stage.accept()
        try stage.advance(.milliseconds(950))
        #expect(logins(stage).isEmpty && stage.words.isEmpty)
        tokens.answer(.token("one"))
        try stage.settle()
        #expect(stage.first.received.count == 1 && tokens.requests.count == 1)
        let detail = try #require(stage.dispatcher.detail(of: "first"))
        #expect(detail.slowestGreeting == .zero && status(stage).circuit == .closed)
    }

    @Test("Nor is it one of its addresses: all of them wait for the token, and then the account is to blame")
    func waitingAtAddresses() throws {
        let tokens = ScriptedTokens()
        let stage = stage(tokens)
        stage.third.keywords = stage.first.keywords
        stage.connector.hosts["first"] = [stage.first, stage.third]
        stage.accept()
        try stage.advance(.milliseconds(1100))
        #expect(stage.second.received.count == 1 && status(stage).refusesAccount)
        #expect(status(stage).lastError?.contains("has not answered within 1000 ms") == true)
        let addresses = try #require(stage.dispatcher.detail(of: "first")).addresses
        #expect(addresses.count == 2 && addresses.allSatisfy { $0.state != .sick })
    }

    @Test(
        "An endpoint that does not answer costs a second at most: then mail goes elsewhere, and the account is to blame"
    )
    func silent() throws {
        let tokens = ScriptedTokens()
        let stage = stage(tokens)
        stage.accept()
        try stage.advance(.milliseconds(1010))
        #expect(stage.second.received.count == 1 && logins(stage).isEmpty)
        #expect(status(stage).refusesAccount && status(stage).circuit == .open)
        #expect(status(stage).lastError?.contains("has not answered within 1000 ms") == true)
        #expect(status(stage).token?.stage == .fetching)
        tokens.answer(.token("one"))
        try stage.settle()
        // The trial comes at once.
        stage.accept()
        try stage.settle()
        #expect(stage.first.received.count == 1 && logins(stage) == [xoauth2("one")])
    }

    @Test("An endpoint that refuses is an account fault at once, is asked again by itself, and mail comes back")
    func refused() throws {
        let tokens = ScriptedTokens(.refusal(), .refusal(), .token("one"))
        let stage = stage(tokens)
        stage.accept()
        try stage.settle()
        #expect(stage.second.received.count == 1 && stage.first.received.isEmpty)
        #expect(stage.words.prefix(2) == ["token failed first", "circuit first open"])
        #expect(status(stage).lastError == "auth: no token: https://login.test answers 401 invalid_client")
        #expect(status(stage).refusesAccount)
        // After a second and two, more or less; the reason is told once.
        try stage.advance(.seconds(4))
        #expect(tokens.requests.count == 3)
        #expect(stage.words.count { $0 == "token failed first" } == 1)
        stage.accept()
        try stage.settle()
        #expect(stage.first.received.count == 1)
    }

    // MARK: - Refused tokens

    @Test(
        "A token that the server refuses is replaced within the session",
        arguments: ["AUTH XOAUTH2", "AUTH OAUTHBEARER"])
    func replaced(mechanism: String) throws {
        let tokens = ScriptedTokens(.token("old"), .token("new"))
        let stage = stage(tokens, mechanisms: mechanism)
        takes(stage, "new")
        stage.accept()
        try stage.settle()
        let form = mechanism == "AUTH XOAUTH2" ? xoauth2 : bearer
        #expect(logins(stage) == [form("old"), form("new")])
        #expect(stage.first.received.count == 1 && stage.first.connects == 1 && tokens.requests.count == 2)
        #expect(stage.words.contains("token failed first") && status(stage).circuit == .closed)
    }

    @Test("A server that closes the connection behind a refused token is not to blame")
    func refusedAndClosed() throws {
        let tokens = ScriptedTokens(.token("old"), .token("new"))
        let stage = stage(tokens, mechanisms: "AUTH XOAUTH2")
        let right = xoauth2("new")
        stage.first.script = { at, line in
            at == .auth && line != right ? .replyAndDrop("535 5.7.3 Authentication unsuccessful") : nil
        }
        stage.accept()
        try stage.settle()
        #expect(stage.first.received.count == 1 && stage.second.received.isEmpty)
        #expect(stage.first.connects == 2 && tokens.requests.count == 2)
        #expect(status(stage).circuit == .closed && status(stage).lastError == nil)
    }

    @Test("Nor does one that always does so get a request with each connection")
    func alwaysClosed() throws {
        let tokens = ScriptedTokens(.token("a"), .token("b"), .token("c"))
        let stage = stage(tokens, mechanisms: "AUTH XOAUTH2")
        stage.first.script = { at, _ in at == .auth ? .replyAndDrop("535 5.7.3 Authentication unsuccessful") : nil }
        stage.accept()
        try stage.settle()
        #expect(stage.second.received.count == 1 && status(stage).refusesAccount)
        #expect(stage.first.connects == 2 && tokens.requests.count == 2)
    }

    @Test("A second refusal is the account's fault, with the server's reason, and does not ask for ever")
    func refusedTwice() throws {
        let tokens = ScriptedTokens(.token("a"), .token("b"), .token("c"), .token("d"))
        let stage = stage(tokens, mechanisms: "AUTH XOAUTH2")
        takes(stage, "none")
        stage.accept()
        try stage.settle()
        #expect(stage.second.received.count == 1 && logins(stage) == [xoauth2("a"), xoauth2("b")])
        #expect(
            status(stage).lastError
                == "auth: 535 5.7.3 Authentication unsuccessful ({\"status\":\"invalid_token\"}); the token endpoint "
                + "has given this token: check username and scope, and what the account lets the application do")
        #expect(phases(stage) == ["auth"])
        #expect(tokens.requests.count == 2)
        // The trial after 10 seconds does not ask for another one; the one after more than a minute does.
        stage.second.refuses = true
        try stage.leap(.seconds(30))
        stage.accept()
        try stage.settle()
        #expect(tokens.requests.count == 2 && logins(stage).count > 2)
        try stage.leap(.seconds(120))
        #expect((3...4).contains(tokens.requests.count))
    }

    @Test("A token that is refused while no other can be had is the account's fault")
    func refusedWithoutOther() throws {
        let tokens = ScriptedTokens(.token("old"), .refusal())
        let stage = stage(tokens)
        takes(stage, "new")
        stage.accept()
        try stage.settle()
        #expect(stage.second.received.count == 1 && status(stage).refusesAccount)
        #expect(status(stage).lastError == "auth: no token: https://login.test answers 401 invalid_client")
    }

    // MARK: - Time

    @Test("A token is renewed long before its end, and nobody waits for that")
    func renewal() throws {
        let tokens = ScriptedTokens(.token("one"))
        let stage = stage(tokens)
        try stage.settle()
        try stage.leap(.seconds(2400))
        #expect(tokens.requests.count == 1)
        try stage.leap(.seconds(600))
        #expect(tokens.requests.count == 2 && tokens.isWaiting)
        stage.accept()
        try stage.settle()
        #expect(stage.first.received.count == 1 && logins(stage) == [xoauth2("one")])
        tokens.answer(.token("two"))
        try stage.settle()
        for connection in stage.first.connections { connection.drop() }
        stage.accept()
        try stage.settle()
        #expect(logins(stage) == [xoauth2("one"), xoauth2("two")])
    }

    @Test("What is shown: until when it is valid, when it came, and what went wrong")
    func shown() throws {
        let error = TokenError(.unsaved, "the new refresh token cannot be written: /r: No space left on device")
        let tokens = ScriptedTokens(.token("one", unsaved: error))
        let stage = stage(tokens)
        try stage.settle()
        #expect(
            status(stage).token
                == TokenStatus(
                    .valid, expires: stage.now + .seconds(3600), renewed: stage.now, lastError: error.message))
        #expect(stage.words == ["token renewed first", "token failed first"])
        #expect(stage.dispatcher.statuses()[1].token == nil)
    }

    @Test("An operator who has mended something does not wait for the next request", arguments: ["probe", "reset"])
    func askedAgain(order: String) throws {
        let wish = TokenFailure(TokenError(.unavailable, "no token: busy"), retryAfter: .seconds(600))
        let tokens = ScriptedTokens(.failure(wish), .token("one"))
        let stage = stage(tokens)
        stage.accept()
        try stage.leap(.seconds(30))
        #expect(tokens.requests.count == 1 && stage.second.received.count == 1)
        let action = try #require(UpstreamControl.Action(rawValue: order))
        _ = stage.dispatcher.control("first", UpstreamControl(action))
        try stage.settle()
        #expect(tokens.requests.count == 2 && status(stage).token?.stage == .valid)
        stage.accept()
        try stage.settle()
        #expect(stage.first.received.count == 1)
    }

    @Test("After the end of the relay nothing is asked for any more, and nothing is told")
    func stopped() throws {
        let tokens = ScriptedTokens(.refusal())
        let stage = stage(tokens)
        try stage.settle()
        stage.dispatcher.stop(grace: .seconds(1)) {}
        let told = stage.words
        try stage.advance(.seconds(5))
        #expect(tokens.requests.count == 1 && stage.words == told)
    }

    // MARK: - Upstreams that share one, and reloads

    @Test("Upstreams with the same settings share a token")
    func shared() throws {
        let tokens = ScriptedTokens(.token("one"), .token("one"))
        let stage = stage(tokens) { settings in
            settings.upstreams[1].username = Self.user
            settings.upstreams[1].oauth = Self.settings()
        }
        try stage.settle()
        #expect(tokens.requests.count == 1)
        #expect(stage.words == ["token renewed first", "token renewed second"])
    }

    @Test("Others have their own, asked for in the order of relay.conf")
    func apart() {
        let tokens = ScriptedTokens()
        _ = stage(tokens) { settings in
            for (index, client) in ["b", "a"].enumerated() {
                settings.upstreams[index].oauth = Self.settings(client)
            }
        }
        #expect(tokens.requests.map(\.clientID) == ["b", "a"])
    }

    @Test("A reload keeps a token, gets one for other settings, and forgets those that nobody has")
    func reload() throws {
        let tokens = ScriptedTokens(.token("one"), .token("two"))
        let stage = stage(tokens)
        stage.accept()
        try stage.settle()
        var settings = stage.dispatcher.policies.settings
        settings.upstreams[0].maxRate = Rate(count: 100, per: .seconds(1))
        _ = stage.dispatcher.replace(with: settings)
        try stage.settle()
        #expect(tokens.requests.count == 1)
        settings.upstreams[0].oauth = Self.settings("another")
        _ = stage.dispatcher.replace(with: settings)
        try stage.settle()
        #expect(tokens.requests.map(\.clientID) == ["relay", "another"])
        stage.accept()
        try stage.settle()
        #expect(logins(stage) == [xoauth2("one"), xoauth2("two")])
        settings.upstreams[0].oauth = nil
        settings.upstreams[0].username = nil
        _ = stage.dispatcher.replace(with: settings)
        try stage.leap(.seconds(7200))
        #expect(tokens.requests.count == 2 && status(stage).token == nil)
    }

    @Test("What becomes of an account that relay.conf has no more is told of no upstream")
    func former() throws {
        let tokens = ScriptedTokens()
        let stage = stage(tokens)
        stage.accept()
        try stage.advance(.milliseconds(1100))
        #expect(status(stage).refusesAccount)
        var settings = stage.dispatcher.policies.settings
        settings.upstreams[0].oauth = Self.settings("another")
        _ = stage.dispatcher.replace(with: settings)
        try stage.settle()
        let told = stage.words
        // The first request is that of before.
        tokens.answer(.token("old"))
        try stage.settle()
        #expect(stage.words == told && tokens.requests.map(\.clientID) == ["relay", "another"])
        tokens.answer(.token("new"))
        try stage.settle()
        #expect(stage.words == told + ["token renewed first"])
        stage.accept()
        try stage.settle()
        #expect(logins(stage) == [xoauth2("new")] && stage.first.received.count == 1)
    }

    // MARK: - Secrecy

    @Test(
        "A token appears in no event, log line, error or status, even if the server echoes it",
        arguments: [
            "535 5.7.8 no zq7Kp2wV9xTrLm4", "334 zq7Kp2wV9xTrLm4", "334 enE3S3Ayd1Y5eFRyTG00", "235 hello",
            "500 what: zq7Kp2wV9xTrLm4", "zq7Kp2wV9xTrLm4",
        ])
    func secrecy(reply: String) throws {
        let tokens = ScriptedTokens(.token("zq7Kp2wV9xTrLm4"), .token("zq7Kp2wV9xTrLm4"))
        let stage = stage(tokens, mechanisms: "AUTH XOAUTH2 OAUTHBEARER")
        stage.first.script = { at, _ in at == .auth ? .reply(reply) : nil }
        let id = stage.accept()
        try stage.settle()
        var told = stage.events.all.map { "\($0)" + String(reflecting: $0) }
        told += stage.dispatcher.statuses().map { "\($0)" + String(reflecting: $0) }
        told += stage.recipients(of: id).map { "\($0)" }
        told += stage.spool.operations.map { "\($0)" }
        if let detail = stage.dispatcher.detail(of: "first") { told.append(String(reflecting: detail)) }
        #expect(!stage.events.all.isEmpty)
        for text in told {
            for secret in ["zq7Kp2", "TrLm4", "enE3S3Ay"] { #expect(!text.contains(secret), "\(text)") }
        }
    }
}
