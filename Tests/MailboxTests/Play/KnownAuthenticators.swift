import Mailbox

/// PLAIN (RFC 4616).
struct PlainAuthenticator: Authenticator {
    let secret: [UInt8]
    private let message: [UInt8]

    init(username: String, password: [UInt8]) {
        secret = password
        message = [0] + username.utf8 + [0] + password
    }

    var mechanism: String { "PLAIN" }
    var acceptsSuccess: Bool { true }
    var explanation: String? { nil }

    func initialResponse() -> [UInt8]? { message }

    func answer(_ challenge: [UInt8]) -> ChallengeAnswer { .cancel("PLAIN has no challenge") }
}

/// XOAUTH2, and OAUTHBEARER (RFC 7628).
struct BearerAuthenticator: Authenticator {
    let mechanism: String
    let secret: [UInt8]
    private let message: [UInt8]
    private let end: [UInt8]
    private(set) var explanation: String?

    /// XOAUTH2 as Google and Microsoft have defined it: a refusal is a challenge, answered with nothing.
    static func xoauth2(username: String, token: String) -> Self {
        Self(
            mechanism: "XOAUTH2", secret: token, message: "user=\(username)\u{1}auth=Bearer \(token)\u{1}\u{1}", end: []
        )
    }

    /// OAUTHBEARER: a refusal is a challenge, answered with one octet (RFC 7628 section 3.2.3).
    static func oauthBearer(username: String, token: String) -> Self {
        let name = username.flatMap { $0 == "=" ? "=3D" : $0 == "," ? "=2C" : String($0) }
        let message = "n,a=\(String(name)),\u{1}auth=Bearer \(token)\u{1}\u{1}"
        return Self(mechanism: "OAUTHBEARER", secret: token, message: message, end: [1])
    }

    private init(mechanism: String, secret: String, message: String, end: [UInt8]) {
        self.secret = Array(secret.utf8)
        self.mechanism = mechanism
        self.message = Array(message.utf8)
        self.end = end
    }

    var acceptsSuccess: Bool { true }

    func initialResponse() -> [UInt8]? { message }

    mutating func answer(_ challenge: [UInt8]) -> ChallengeAnswer {
        explanation = String(decoding: challenge, as: UTF8.self)
        return .response(end)
    }
}
