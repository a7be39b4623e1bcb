import Mail
import Outbound
import Testing

@testable import OAuth

@Suite("What a request for a token says, and what its answer means")
struct TokenAnswerTests {
    private let secrets = TokenSecrets(clientSecret: "Xy8Q~k9J2/w7+Q=zz5", refreshToken: "0.AXEA-9fKq2LxW")

    private func body(_ settings: OAuthSettings, _ secrets: TokenSecrets) throws -> String {
        String(decoding: try TokenRequest.make(settings, secrets).body, as: UTF8.self)
    }

    private static let settings: OAuthSettings = {
        var settings = OAuthSettings()
        (settings.preset, settings.tenant, settings.clientID) = (.microsoft, "contoso.com", "c")
        (settings.clientSecretFile, settings.refreshTokenFile) = ("/secret", "/refresh")
        return settings
    }()

    private func read(
        _ status: Int, _ body: String, retryAfter: Duration? = nil, for settings: OAuthSettings = settings
    ) -> Result<TokenAnswer, TokenFailure> {
        let reply = WebReply(status: status, retryAfter: retryAfter, body: Array(body.utf8))
        return Result { () throws(TokenFailure) in
            try TokenAnswer.read(reply, from: "https://login.example.com", for: settings, hiding: secrets.filter)
        }
    }

    private func refreshToken(_ body: String, status: Int = 200) -> String? {
        TokenAnswer.refreshToken(in: WebReply(status: status, body: Array(body.utf8)))
    }

    private func error(_ result: Result<TokenAnswer, TokenFailure>) -> TokenFailure? {
        if case .failure(let failure) = result { failure } else { nil }
    }

    // MARK: - Requests

    /// RFC 6749 sections 2.3.1 and 4.4.2; https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
    @Test("Microsoft, client credentials")
    func microsoftApplication() throws {
        var settings = OAuthSettings()
        (settings.preset, settings.tenant, settings.clientID) = (.microsoft, "contoso.onmicrosoft.com", "535fb089")
        let request = try TokenRequest.make(settings, TokenSecrets(clientSecret: "a b/c"))
        #expect(request.url.text == "https://login.microsoftonline.com/contoso.onmicrosoft.com/oauth2/v2.0/token")
        #expect(request.headers.first { $0.name == "content-type" }?.value == "application/x-www-form-urlencoded")
        #expect(
            String(decoding: request.body, as: UTF8.self)
                == "grant_type=client_credentials&client_id=535fb089&client_secret=a%20b%2Fc"
                + "&scope=https%3A%2F%2Foutlook.office365.com%2F.default")
    }

    /// RFC 6749 section 6.
    @Test("Microsoft and Google, refresh tokens")
    func refresh() throws {
        var settings = OAuthSettings()
        (settings.preset, settings.tenant, settings.clientID) = (.microsoft, "contoso.com", "c")
        settings.refreshTokenFile = "/r"
        #expect(
            try body(settings, TokenSecrets(refreshToken: "r~t"))
                == "grant_type=refresh_token&refresh_token=r~t&client_id=c"
                + "&scope=https%3A%2F%2Foutlook.office.com%2FSMTP.Send%20offline_access")
        settings.preset = .google
        #expect(settings.endpoint?.text == "https://oauth2.googleapis.com/token")
        #expect(
            try body(settings, TokenSecrets(clientSecret: "s", refreshToken: "1//r"))
                == "grant_type=refresh_token&refresh_token=1%2F%2Fr&client_id=c&client_secret=s")
    }

    @Test("token_url and scope of one's own come before the preset's")
    func own() throws {
        var settings = OAuthSettings()
        (settings.preset, settings.tenant, settings.clientID) = (.microsoft, "contoso.com", "c")
        settings.tokenURL = WebURL("https://id.example.com/token")
        settings.scope = "mail"
        let request = try TokenRequest.make(settings, TokenSecrets(clientSecret: "s"))
        #expect(request.url.host == "id.example.com")
        #expect(String(decoding: request.body, as: UTF8.self).hasSuffix("&scope=mail"))
        #expect(throws: TokenError.self) { try TokenRequest.make(OAuthSettings(), TokenSecrets()) }
    }

    // MARK: - Tokens

    /// RFC 6749 section 5.1.
    @Test("A token with and without a new refresh token, its life as a number or as digits")
    func tokens() throws {
        let plain = #"{"token_type":"Bearer","expires_in":3599,"ext_expires_in":3599,"access_token":"eyJ0"}"#
        let first = try read(200, plain).get()
        #expect(first.token == .named("eyJ0") && first.lifetime == .seconds(3599) && refreshToken(plain) == nil)
        let rotated = #"{"access_token":"ya29","expires_in":"3920","refresh_token":"1//new","token_type":"bearer"}"#
        #expect(try read(200, rotated).get().lifetime == .seconds(3920))
        #expect(refreshToken(rotated) == "1//new" && refreshToken(rotated, status: 400) == nil)
        let same = #"{"access_token":"a","token_type":"Bearer","refresh_token":""}"#
        #expect(try read(200, same).get().token == .named("a") && refreshToken(same) == nil)
        let endless = try read(200, #"{"access_token":"a","token_type":"Bearer"}"#).get()
        #expect(endless.lifetime == TokenAnswer.usualLifetime)
        let long = try read(200, #"{"access_token":"a","token_type":"Bearer","expires_in":99999999}"#).get()
        #expect(long.lifetime == .seconds(86_400))
    }

    /// The one that was sent may have ended with this answer.
    @Test(
        "A new refresh token counts, whatever else the answer lacks",
        arguments: [
            #"{"refresh_token":"new"}"#, #"{"refresh_token":"new","access_token":"a","token_type":"mac"}"#,
            #"{"refresh_token":"new","access_token":"a","token_type":"Bearer","expires_in":"soon"}"#,
            #"{"refresh_token":"new","access_token":"a b","token_type":"Bearer","expires_in":0}"#,
        ])
    func rotatedAlone(body: String) {
        #expect(error(read(200, body))?.error.code == .answer)
        #expect(refreshToken(body) == "new")
    }

    @Test(
        "What is no refresh token is none",
        arguments: [#"{"refresh_token":"\n"}"#, #"{"refresh_token":7}"#, #"{"refresh_token":"new""#, "[]", ""])
    func noRefreshToken(body: String) {
        #expect(refreshToken(body) == nil)
    }

    @Test(
        "What is no token is said, without showing it",
        arguments: [
            "", "<html>", "{}", "[]", "null", #"{"access_token":"","token_type":"Bearer"}"#,
            #"{"access_token":"a b","token_type":"Bearer"}"#, #"{"access_token":"a\r\nb","token_type":"Bearer"}"#,
            #"{"access_token":"a","token_type":"mac"}"#, #"{"access_token":"a","token_type":"Bearer","expires_in":0}"#,
            #"{"access_token":"a","token_type":"Bearer","expires_in":"soon"}"#,
            #"{"access_token":"a","token_type":"Bearer","refresh_token":"\n"}"#, #"{"access_token":1}"#,
            #"{"access_token":"a","token_type":"Bearer","refresh_token":7}"#,
            String(repeating: "[", count: 20_000), String(repeating: " ", count: 32 << 10),
        ])
    func odd(body: String) {
        let failure = error(read(200, body))
        #expect(failure?.error.code == .answer)
        #expect(failure?.error.message.hasPrefix("no token: the answer of https://login.example.com ") == true)
        #expect(failure?.error.message.count ?? 0 < 120)
    }

    // MARK: - Refusals

    /// RFC 6749 section 5.2, with the words of Microsoft and of Google.
    @Test("A refusal has the server's words")
    func refusals() {
        let microsoft = error(
            read(
                401,
                #"{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided.\r\nTrace ID: 1"}"#
            ))
        #expect(microsoft?.error.code == .refused)
        #expect(
            microsoft?.error.message
                == "no token: the token endpoint https://login.example.com answers 401 invalid_client: "
                + "AADSTS7000215: Invalid client secret provided; check client_id, and write the secret that is valid "
                + "now into /secret (client_secret_file)")
        let today = error(
            read(
                400,
                #"{"error":"invalid_grant","error_description":"AADSTS700082: The refresh token has expired. Trace ID: 1 Correlation ID: 2 Timestamp: 2026-11-30 08:00:00Z"}"#
            ))
        #expect(
            today?.error.message.hasSuffix(
                "invalid_grant: AADSTS700082: The refresh token has expired; write a new refresh token into /refresh "
                    + "(refresh_token_file)") == true)
        let google = error(
            read(400, #"{"error":"invalid_grant","error_description":"Token has been expired or revoked."}"#))
        #expect(
            google?.error.message
                == "no token: the token endpoint https://login.example.com answers 400 invalid_grant: "
                + "Token has been expired or revoked; write a new refresh token into /refresh (refresh_token_file)")
        #expect(
            error(read(403, "no"))?.error.message == "no token: the token endpoint https://login.example.com answers "
                + "403; check client_id and tenant")
    }

    @Test(
        "A refusal names what to look at",
        arguments: [
            ("invalid_client", "check client_id, or add client_secret_file"),
            ("invalid_grant", "check client_id and grant, which is \"client_credentials\""),
            (
                "unauthorized_client",
                "check client_id and token_url, and whether the application may use grant = \"client_credentials\""
            ),
            ("unsupported_grant_type", "check grant, which is \"client_credentials\""),
            ("invalid_scope", "check scope"), ("invalid_request", "check client_id and token_url"),
            ("what", "check client_id and token_url"),
        ])
    func remedies(word: String, remedy: String) {
        var settings = OAuthSettings()
        (settings.tokenURL, settings.scope) = (WebURL("https://id.example.com/token"), "mail")
        let failure = error(read(400, #"{"error":"\#(word)"}"#, for: settings))
        #expect(failure?.error.message.hasSuffix(" answers 400 \(word); \(remedy)") == true)
    }

    /// RFC 6749 section 4.4.3: there should be none.
    @Test(
        "With client credentials, a refresh token in the answer is nobody's, whatever it looks like",
        arguments: ["\"new\"", "\"a b\"", "\"\"", "7", "null", "{}"])
    func unwantedRefreshToken(value: String) throws {
        var settings = Self.settings
        settings.grant = .clientCredentials
        let body = #"{"access_token":"a","token_type":"Bearer","refresh_token":\#(value)}"#
        #expect(try read(200, body, for: settings).get().token == .named("a"))
    }

    @Test(
        "A server that does not work, or asks for time, is not a refusal",
        arguments: [(500, nil), (503, Duration.seconds(7)), (429, .seconds(30)), (408, nil)] as [(Int, Duration?)])
    func unavailable(status: Int, wish: Duration?) {
        let failure = error(read(status, "{}", retryAfter: wish))
        #expect(failure?.error.code == .unavailable && failure?.retryAfter == wish)
    }

    @Test("A redirect is no answer")
    func redirect() {
        let failure = error(read(302, ""))
        #expect(failure?.error.code == .answer && failure?.error.message.hasSuffix("check token_url") == true)
    }

    @Test(
        "Nothing of a secret is in a message, whatever the server makes of it",
        arguments: [
            "the secret Xy8Q~k9J2/w7+Q=zz5 is wrong", "client_secret=Xy8Q~k9J2%2Fw7%2BQ%3Dzz5",
            "no 0.AXEA-9fKq2LxW", "0.AXEA-9fKq", "\\u001b[31mred\\u0007", "9fKq2LxW 0.AXEA-",
        ])
    func secrecy(words: String) {
        let failure = error(read(400, #"{"error":"invalid_grant","error_description":"\#(words)"}"#))
        let text = failure.map { "\($0)" } ?? ""
        #expect(text.contains("invalid_grant"))
        for part in ["Xy8Q", "zz5", "AXEA", "9fKq", "\u{1B}", "\u{7}"] {
            #expect(!text.contains(part), "\(text)")
        }
    }

    @Test("A message of a stranger is short")
    func short() {
        let words = String(repeating: "word ", count: 2000)
        let failure = error(read(400, #"{"error":"e","error_description":"\#(words)"}"#))
        #expect(failure?.error.message.count ?? 0 < 400)
    }

    @Test("Tokens and secrets are never printed")
    func redaction() {
        var shown = ""
        let grant = TokenGrant(.named("ya29.a0Af"), lifetime: .seconds(1))
        for value in [secrets, grant, grant.token, [grant.token], ["k": secrets]] as [Any] {
            shown += "\(value) " + String(reflecting: value)
            dump(value, to: &shown)
        }
        for secret in ["Xy8Q", "AXEA", "ya29", "121, 97, 50"] { #expect(!shown.contains(secret)) }
    }
}
