/// The client side of one login (RFC 4422 section 3): challenges in, responses out, all without Base64.
package protocol Authenticator: Sendable {
    /// The name of the mechanism, in upper case.
    var mechanism: String { get }
    /// The password or the token, which is not shown where a server repeats it.
    var secret: [UInt8] { get }
    /// The initial response; nil if the server speaks first. Called once, first.
    mutating func initialResponse() -> [UInt8]?
    mutating func answer(_ challenge: [UInt8]) -> ChallengeAnswer
    /// Whether the exchange may end with success now: a mechanism that authenticates the server, as SCRAM does, says no
    /// until it has.
    var acceptsSuccess: Bool { get }
    /// Why the server refuses, from a challenge that says so, as those for tokens do (RFC 7628 section 3.2.2); nil if it has
    /// not said.
    var explanation: String? { get }
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
