internal import Mail
internal import SASL

/// One login of a session; knows what must not appear in a log.
struct UpstreamLogin: Sendable {
    let credentials: Credentials
    private var client: SASLClient
    /// Forms in which the secret has been, or could be, sent.
    private var secrets: [String]

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

    /// A server may echo later what it got in an earlier login.
    mutating func conceal(whatHid login: UpstreamLogin) { secrets += login.secrets }

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

    /// The text of a server that may echo what it received, with secrets masked.
    func concealed(_ text: String) -> String {
        let whole = secrets.reduce(text) { text, secret in
            secret.isEmpty ? text : text.replacing(secret, with: "…")
        }
        // A server may echo only a part.
        return whole.replacing(/[A-Za-z0-9+\/=]{8,}/) { run in
            secrets.contains { $0.contains(run.output) } ? "…" : String(run.output)
        }
    }
}
