/// The way from a session in clear to one over TLS (RFC 3207).
extension ServerSession {
    mutating func startTLS(_ command: CommandParser) throws(CommandError) -> ServerAction {
        guard !command.hasArguments else { throw CommandError(.argumentUnexpected) }
        guard !offer.isEncrypted else { throw CommandError(.tlsActive) }
        guard offer.offersStartTLS else { throw CommandError(.notImplemented) }
        state = .startingTLS
        return .startTLS
    }

    /// Answers ``ServerAction/startTLS``; returns what is to be sent.
    ///
    /// - Parameter available: whether a handshake can begin now.
    package mutating func answerStartTLS(available: Bool) -> ServerReply {
        guard case .startingTLS = state else { preconditionFailure("answerStartTLS answers the action startTLS") }
        state = available ? .handshake : .command(.ready)
        return available ? .startTLS : .tlsUnavailable
    }

    /// TLS is active from here on, after STARTTLS or from the start of the connection: whatever was said before is
    /// forgotten, the name, the user and the transaction (RFC 3207 section 4.2). Errors still count.
    ///
    /// - Parameter user: whom the client's certificate names; nil where it names nobody.
    package mutating func tlsEstablished(_ offer: ServerOffer, user: String? = nil) {
        self.offer = offer
        self.user = user
        clientName = ""
        isExtended = false
        mechanism = ""
        response = nil
        resetTransaction()
        state = .command(.start)
    }

    /// Octets behind STARTTLS that came in clear may be another's, and would be taken for the client's own once the
    /// connection is encrypted: the session ends, and none of them is looked at (RFC 3207 section 6).
    mutating func refusePlaintext(_ bytes: UnsafeRawBufferPointer) -> ServerStep {
        ServerStep(consumed: bytes.count, action: end(with: .plaintextBehindStartTLS))
    }
}
