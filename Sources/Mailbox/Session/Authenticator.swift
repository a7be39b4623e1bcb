/// The client side of one login (RFC 4422 section 3): challenges in, responses out, all without Base64.
package protocol Authenticator: Sendable {
    /// The name of the mechanism, in upper case.
    var mechanism: String { get }
    /// The initial response; nil if the server speaks first. Called once, first.
    mutating func initialResponse() -> [UInt8]?
    mutating func answer(_ challenge: [UInt8]) -> ChallengeAnswer
    /// Whether the exchange may end with success now: a mechanism that authenticates the server, as SCRAM does, says no
    /// until it has.
    var acceptsSuccess: Bool { get }
}

/// An answer to a challenge.
package enum ChallengeAnswer: Hashable, Sendable {
    case response([UInt8])
    /// The owner finds the response elsewhere, and hands it in with the authenticator as it is after that: for derivations of
    /// keys that take long.
    case later
    /// The exchange is cancelled, for this reason.
    case cancel(String)
}

/// PLAIN (RFC 4616).
package struct PlainAuthenticator: Authenticator {
    private let message: [UInt8]

    package init(username: String, password: [UInt8]) {
        message = [0] + username.utf8 + [0] + password
    }

    package var mechanism: String { "PLAIN" }
    package var acceptsSuccess: Bool { true }

    package func initialResponse() -> [UInt8]? { message }

    package func answer(_ challenge: [UInt8]) -> ChallengeAnswer { .cancel("PLAIN has no challenge") }
}

/// XOAUTH2, and OAUTHBEARER (RFC 7628).
package struct BearerAuthenticator: Authenticator {
    package let mechanism: String
    private let message: [UInt8]
    private let end: [UInt8]

    /// XOAUTH2 as Google and Microsoft have defined it: a refusal is a challenge, answered with nothing.
    package static func xoauth2(username: String, token: String) -> Self {
        Self(mechanism: "XOAUTH2", message: "user=\(username)\u{1}auth=Bearer \(token)\u{1}\u{1}", end: [])
    }

    /// OAUTHBEARER: a refusal is a challenge, answered with one octet (RFC 7628 section 3.2.3).
    package static func oauthBearer(username: String, token: String) -> Self {
        let name = username.flatMap { $0 == "=" ? "=3D" : $0 == "," ? "=2C" : String($0) }
        let message = "n,a=\(String(name)),\u{1}auth=Bearer \(token)\u{1}\u{1}"
        return Self(mechanism: "OAUTHBEARER", message: message, end: [1])
    }

    private init(mechanism: String, message: String, end: [UInt8]) {
        self.mechanism = mechanism
        self.message = Array(message.utf8)
        self.end = end
    }

    package var acceptsSuccess: Bool { true }

    package func initialResponse() -> [UInt8]? { message }

    package func answer(_ challenge: [UInt8]) -> ChallengeAnswer { .response(end) }
}
