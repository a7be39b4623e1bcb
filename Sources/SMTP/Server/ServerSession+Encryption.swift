/// The transition from clear text to TLS (RFC 3207).
extension ServerSession {
    mutating func startTLS(_ command: CommandParser) throws(CommandError) -> ServerAction {
        guard !command.hasArguments else { throw CommandError(.argumentUnexpected) }
        guard !offer.isEncrypted else { throw CommandError(.tlsActive) }
        guard offer.offersStartTLS else { throw CommandError(.notImplemented) }
        state = .startingTLS
        return .startTLS
    }

    /// Answers ``ServerAction/startTLS``; returns what to send.
    ///
    /// - Parameter available: whether a handshake can begin now.
    package mutating func answerStartTLS(available: Bool) -> ServerReply {
        guard case .startingTLS = state else { preconditionFailure("answerStartTLS answers only the action startTLS") }
        state = available ? .handshake : .command(.ready)
        return available ? .startTLS : .tlsUnavailable
    }

    /// TLS is now active, by STARTTLS or from the start of the connection. Everything said before is discarded: the
    /// name, the user and the transaction (RFC 3207 section 4.2). Errors still count.
    ///
    /// - Parameter user: the user named by the client's certificate; nil if none.
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

    /// Clear-text octets after STARTTLS may have been injected, and would be taken for the client's own once the
    /// connection is encrypted: the session ends, and they are ignored (RFC 3207 section 6).
    mutating func refusePlaintext(_ bytes: UnsafeRawBufferPointer) -> ServerStep {
        ServerStep(consumed: bytes.count, action: end(with: .plaintextBehindStartTLS))
    }
}
