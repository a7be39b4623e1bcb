internal import Dialogue
internal import FoundationEssentials
internal import Mail
internal import Outbound

/// What a token endpoint has given (RFC 6749 section 5.1).
struct TokenAnswer: Sendable {
    let token: BearerToken
    let lifetime: Duration

    /// Octets of an answer that are read.
    static let limit = 32 << 10
    /// Of a token that comes without one.
    static let usualLifetime = Duration.seconds(3600)
    private static let longestLifetime: Int64 = 86_400

    /// - Parameters:
    ///   - host: whom the answer is from, for messages.
    ///   - settings: of the request.
    ///   - filter: hides what was sent.
    static func read(
        _ reply: WebReply, from host: String, for settings: OAuthSettings, hiding filter: SecretFilter
    ) throws(TokenFailure) -> TokenAnswer {
        guard reply.isSuccess else { throw TokenRefusal.failure(reply, from: host, for: settings, hiding: filter) }
        guard reply.body.count < limit else { throw odd("is longer than \(limit) octets", host) }
        guard let form = try? JSONDecoder().decode(Form.self, from: Data(reply.body)) else {
            throw odd("has no access token in JSON: check token_url", host)
        }
        if settings.usedGrant == .refreshToken, hasOddRefreshToken(reply) {
            throw odd("has a refresh token of odd characters", host)
        }
        return try answer(form, host)
    }

    private static func answer(_ form: Form, _ host: String) throws(TokenFailure) -> TokenAnswer {
        guard form.tokenType.lowercased() == "bearer" else { throw odd("has another type of token than Bearer", host) }
        guard let token = BearerToken(form.accessToken) else { throw odd("has a token of odd characters", host) }
        guard let seconds = form.expiresIn?.seconds else { return TokenAnswer(token: token, lifetime: usualLifetime) }
        guard seconds > 0 else { throw odd("has a token that has expired", host) }
        return TokenAnswer(token: token, lifetime: .seconds(min(seconds, longestLifetime)))
    }

    /// The refresh token that replaces the one sent (RFC 6749 section 6); nil if that stays valid. It is used even if the
    /// rest of the answer is wrong, because the old token may have been revoked.
    static func refreshToken(in reply: WebReply) -> String? {
        guard reply.isSuccess, reply.body.count < limit,
            let next = (try? JSONDecoder().decode(Rotation.self, from: Data(reply.body)))?.refreshToken,
            BearerToken(next) != nil
        else { return nil }
        return next
    }

    /// Whether there is one that cannot be kept.
    private static func hasOddRefreshToken(_ reply: WebReply) -> Bool {
        guard let form = try? JSONDecoder().decode(Rotation.self, from: Data(reply.body)) else { return true }
        return form.refreshToken.map { !$0.isEmpty && BearerToken($0) == nil } ?? false
    }

    private static func odd(_ what: String, _ host: String) -> TokenFailure {
        TokenFailure(TokenError(.answer, "no token: the answer of \(host) \(what)"))
    }
}

extension TokenAnswer {
    private struct Form: Decodable {
        let accessToken: String
        let tokenType: String
        let expiresIn: Seconds?

        enum CodingKeys: String, CodingKey {
            case accessToken = "access_token"
            case tokenType = "token_type"
            case expiresIn = "expires_in"
        }
    }

    private struct Rotation: Decodable {
        let refreshToken: String?

        enum CodingKeys: String, CodingKey {
            case refreshToken = "refresh_token"
        }
    }

    /// A number, or digits in a string, as some endpoints of Microsoft write it.
    private struct Seconds: Decodable {
        let seconds: Int64

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let number = try? container.decode(Int64.self) {
                seconds = number
            } else if let number = Int64(try container.decode(String.self)) {
                seconds = number
            } else {
                throw DecodingError.dataCorruptedError(in: container, debugDescription: "no number of seconds")
            }
        }
    }
}
