internal import Mail
internal import SASL

/// One login of a session; knows what must not appear in a log.
struct UpstreamLogin: Sendable {
    let credentials: Credentials
    private var client: SASLClient
    /// Forms in which the secret has been, or could be, sent.
    private(set) var secrets: [String]

    init(_ client: SASLClient, _ credentials: Credentials) {
        self.client = client
        self.credentials = credentials
        let octets =
            switch credentials.secret {
            case .password(let octets), .token(let octets): octets
            }
        secrets = [String(decoding: octets, as: UTF8.self), Base64.encode(octets)]
    }

    var mechanism: SASLMechanism { client.mechanism }
    var scramKeys: SCRAMClientKeys? { client.scramKeys }
    /// What the server says about a token that it refuses.
    var explanation: String? { client.explanation }

    mutating func start() -> [UInt8]? {
        let response = client.start()
        if let response { note(response) }
        return response
    }

    func isSlow(_ challenge: [UInt8]) -> Bool { client.isSlow(challenge) }

    mutating func respond(to challenge: [UInt8]) -> Result<[UInt8], SASLError> {
        do throws(SASLError) {
            let response = try client.respond(to: challenge)
            note(response)
            return .success(response)
        } catch {
            return .failure(error)
        }
    }

    /// - Throws: ``SASLError`` if the server has not done its part.
    func succeeded() throws(SASLError) { try client.succeeded() }

    private mutating func note(_ response: [UInt8]) {
        if !response.isEmpty { secrets.append(Base64.encode(response)) }
    }
}
