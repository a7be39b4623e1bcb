internal import Mail
internal import Mailbox
internal import SASL

/// A login by SASL, as sessions with mailboxes want it.
struct SASLAuthenticator: Authenticator {
    private(set) var client: SASLClient
    let secret: [UInt8]

    init(_ client: SASLClient, _ credentials: Credentials) {
        self.client = client
        secret = credentials.octets
    }

    var mechanism: String { client.mechanism.rawValue }
    var acceptsSuccess: Bool { (try? client.succeeded()) != nil }
    var explanation: String? { client.explanation }

    mutating func initialResponse() -> [UInt8]? { client.start() }

    mutating func answer(_ challenge: [UInt8]) -> ChallengeAnswer {
        if client.isSlow(challenge) { return .later }
        switch respond(to: challenge) {
        case .success(let response): return .response(response)
        case .failure(let error): return .cancel(error.description)
        }
    }

    /// Takes as long as it takes.
    mutating func respond(to challenge: [UInt8]) -> Result<[UInt8], SASLError> {
        do throws(SASLError) { return .success(try client.respond(to: challenge)) } catch { return .failure(error) }
    }
}

extension Credentials {
    var octets: [UInt8] {
        switch secret {
        case .password(let octets), .token(let octets): octets
        }
    }
}
