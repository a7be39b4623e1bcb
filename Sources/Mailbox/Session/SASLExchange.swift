internal import Mail

/// One SASL exchange on a line-based protocol (RFC 4422 section 3, RFC 5034 section 4): Base64 on both sides.
struct SASLExchange {
    /// What to do after a challenge.
    enum Step {
        /// Write this line, without its end.
        case write([UInt8])
        /// The owner has to find the response to this challenge.
        case ask([UInt8])
        /// Write `*`; the exchange is void for this reason.
        case cancel(String)
    }

    private(set) var authenticator: any Authenticator
    /// The initial response that answers the first challenge, where it is not sent with the command.
    private var delayed: [UInt8]?
    private var challenges = 0
    private let limit: Int
    /// Why the exchange was cancelled; nil if it was not.
    private(set) var reason: String?

    init(_ authenticator: any Authenticator, limit: Int) {
        self.authenticator = authenticator
        self.limit = limit
    }

    /// The words behind the name of the command: the mechanism and, where `fits` agrees, the initial response.
    mutating func start(fits: (Int) -> Bool) -> [UInt8] {
        let mechanism = Array(authenticator.mechanism.utf8)
        guard let initial = authenticator.initialResponse() else { return mechanism }
        let line = mechanism + [0x20] + (initial.isEmpty ? [UInt8(ascii: "=")] : Array(Base64.encode(initial).utf8))
        if fits(line.count) { return line }
        delayed = initial
        return mechanism
    }

    /// - Parameter digits: the challenge behind `+ `.
    mutating func challengeReceived(_ digits: some Collection<UInt8>) -> Step {
        challenges += 1
        guard challenges <= limit else { return cancel("the server keeps asking after \(limit) challenges") }
        guard let challenge = Base64.decode(digits) else { return cancel("a challenge of the server is not Base64") }
        if let initial = delayed {
            delayed = nil
            guard challenge.isEmpty else { return cancel("the server has a challenge where it must not have one") }
            return .write(Self.line(initial))
        }
        switch authenticator.answer(challenge) {
        case .response(let response): return .write(Self.line(response))
        case .later: return .ask(challenge)
        case .cancel(let reason): return cancel(reason)
        }
    }

    /// The owner has found the response to a challenge.
    ///
    /// - Parameter authenticator: the exchange as it is after the response.
    mutating func answer(_ response: [UInt8]?, _ authenticator: any Authenticator) -> Step {
        self.authenticator = authenticator
        return response.map { .write(Self.line($0)) } ?? cancel("the login was cancelled")
    }

    private mutating func cancel(_ reason: String) -> Step {
        self.reason = reason
        return .cancel(reason)
    }

    /// Whether success may be believed now.
    var acceptsSuccess: Bool { delayed == nil && reason == nil && authenticator.acceptsSuccess }

    private static func line(_ response: [UInt8]) -> [UInt8] { Array(Base64.encode(response).utf8) }
}
