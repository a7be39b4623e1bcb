internal import Mail

/// The AUTH exchange (RFC 4954 section 4). Mechanisms and users are the owner's business.
extension ServerSession {
    mutating func authenticate(_ command: CommandParser) throws(CommandError) -> ServerAction {
        guard isExtended else { throw CommandError(.greetFirst) }
        guard user == nil else { throw CommandError(.authenticatedAlready) }
        guard !offer.mechanisms.isEmpty || offer.hidesMechanisms else { throw CommandError(.notImplemented) }
        let (name, initial) = try command.authentication()
        guard !offer.mechanisms.isEmpty else { throw CommandError(.mechanismNeedsTLS) }
        guard offer.mechanisms.contains(name) else { throw CommandError(.unknownMechanism) }
        response = try initial.map(Self.initialResponse)
        mechanism = name
        state = .authenticating
        return .authenticate
    }

    /// A lone equals sign is an empty response (RFC 4954 section 4).
    private static func initialResponse(_ text: UnsafeRawBufferPointer) throws(CommandError) -> [UInt8] {
        if text.count == 1, text[0] == UInt8(ascii: "=") { return [] }
        guard let octets = Base64.decode(text), !octets.isEmpty else { throw CommandError(.badBase64) }
        return octets
    }

    /// Answers ``ServerAction/authenticate`` or ``ServerAction/authenticationResponse`` with a challenge; returns what
    /// to send.
    package mutating func challenge(_ octets: [UInt8]) -> String {
        leaveExchange(for: .answering)
        return "334 \(Base64.encode(octets))\r\n"
    }

    /// Records that the exchange succeeded; returns what to send.
    package mutating func authenticated(user: String) -> ServerReply {
        leaveExchange(for: .command(.ready))
        self.user = user
        return .authenticated
    }

    /// Records that the exchange failed; returns what to do.
    ///
    /// - Parameter reply: ``ServerReply/authenticationFailed``, or ``ServerReply/authenticationUnavailable``.
    package mutating func authenticationFailed(_ reply: ServerReply) -> ServerAction {
        leaveExchange(for: .command(.ready))
        return countFailure(.reply(reply))
    }

    private mutating func leaveExchange(for next: State) {
        guard case .authenticating = state else { preconditionFailure("no exchange is waiting for an answer") }
        response = nil
        state = next
    }

    /// A session may fail only a few times, whether by wrong credentials or by cancelling.
    private mutating func countFailure(_ action: ServerAction) -> ServerAction {
        failedAuthentications += 1
        guard failedAuthentications < limits.maxAuthenticationFailures else {
            return end(with: .tooManyAuthenticationFailures)
        }
        return checked(action)
    }

    /// Reads the line after a challenge: a response in base 64, or `*`, which cancels (RFC 4954 section 4).
    mutating func readResponse(_ bytes: UnsafeRawBufferPointer) -> ServerStep {
        let limit = ServerLimits.maxExchangeLineLength
        guard let lineFeed = bytes.position(of: 0x0A, in: 0..<min(bytes.count, limit)) else {
            return bytes.count < limit ? ServerStep(consumed: 0, action: .wait) : refuseResponse(.exchangeLineTooLong)
        }
        guard lineFeed > 0, bytes[lineFeed - 1] == 0x0D else { return refuseResponse(.lineMalformed) }
        let line = UnsafeRawBufferPointer(rebasing: bytes[..<(lineFeed - 1)])
        return ServerStep(consumed: lineFeed + 1, action: take(line))
    }

    private mutating func take(_ line: UnsafeRawBufferPointer) -> ServerAction {
        if line.count == 1, line[0] == UInt8(ascii: "*") {
            state = .command(.ready)
            return countFailure(.authenticationEnded(.authenticationCancelled))
        }
        guard let octets = Base64.decode(line) else {
            state = .command(.ready)
            return countFailure(.authenticationEnded(.badBase64))
        }
        response = octets
        state = .authenticating
        return .authenticationResponse
    }

    /// The rest of the line is dropped; it is not a command.
    private mutating func refuseResponse(_ reply: ServerReply) -> ServerStep {
        state = .skipping(.ready)
        return ServerStep(consumed: 0, action: countFailure(.authenticationEnded(reply)))
    }
}
