/// Envelope and content (RFC 5321 section 3.3, RFC 3030).
extension SinkSession {
    mutating func begin(_ sender: String, _ parameters: String) -> Action {
        if offers.tls == .required, tls == nil { return bad(.mustSecure) }
        if offers.login != nil, user == nil { return bad(.mustLogIn) }
        guard offers.allow(parameters, isSecure: tls != nil) else { return bad(.unknownParameter) }
        guard messages < offers.maxMessages else {
            badCommands += 1
            return .replyThenClose(.tooManyMessages)
        }
        mailParameters = parameters
        guard isAllowed(sender) else { return bad(.addressNotASCII) }
        messages += 1
        self.sender = sender
        state = .transaction
        return .reply(.senderOK)
    }

    mutating func add(_ recipient: String, _ parameters: String) -> Action {
        guard offers.allow(parameters, isSecure: tls != nil) else { return bad(.unknownParameter) }
        guard recipients.count < offers.maxRecipients else { return bad(.tooManyRecipients) }
        guard isAllowed(recipient) else { return bad(.addressNotASCII) }
        if !parameters.isEmpty || !recipientParameters.isEmpty {
            while recipientParameters.count < recipients.count { recipientParameters.append("") }
            recipientParameters.append(parameters)
        }
        recipients.append(recipient)
        return .reply(.recipientOK)
    }

    /// RFC 6531 section 3.4: such addresses require SMTPUTF8.
    private func isAllowed(_ address: String) -> Bool {
        address.utf8.allSatisfy { $0 < 128 } || SinkOffers.have("smtputf8", in: mailParameters)
    }

    mutating func beginContent() -> Action {
        guard !recipients.isEmpty else { return .reply(.noRecipients) }
        // RFC 3030 section 3.
        guard !SinkOffers.have("body=binarymime", in: mailParameters) else { return bad(.badSequence) }
        state = .content
        return .beginContent
    }

    /// The octets of a chunk follow whatever the reply is (RFC 3030 section 2), so the reply comes after them.
    mutating func begin(_ size: Int, _ isLast: Bool, _ fault: SinkFault.Kind?) -> Action {
        switch Self.action(for: fault) {
        case .none: break
        case .some(.reply), .some(.say):
            chunk = Chunk(left: size, isLast: isLast, refusal: Self.action(for: fault))
            return .proceed
        case .some(let action): return action
        }
        let refusal = refusal
        chunk = Chunk(left: size, isLast: isLast, refusal: refusal.map { .reply($0) })
        if refusal == .badSequence { badCommands += 1 }
        guard refusal == nil, state == .transaction else { return .proceed }
        state = .chunks
        cameInChunks = true
        return .beginChunks
    }

    private var refusal: SinkReply? {
        switch state {
        case .chunks: nil
        case .transaction where offers.extensions.contains(.chunking): recipients.isEmpty ? .noRecipients : nil
        case .transaction, .beforeHandshake, .handshaking, .fresh, .ready, .authenticating, .content: .badSequence
        }
    }

    /// This many octets of the chunk have been received.
    mutating func chunkContinued(_ count: Int) {
        chunk?.left -= count
    }

    /// Whether the received chunk is the last of an accepted message.
    var isLastChunk: Bool { chunk.map { $0.isLast && $0.refusal == nil } ?? false }

    /// A chunk that does not end a message has arrived. A refusal applies to the whole message (RFC 3030 section 2).
    mutating func chunkEnded() -> Action {
        let refusal = chunk?.refusal
        chunk = nil
        if refusal != nil { endTransaction() }
        return refusal ?? .reply(.chunkOK)
    }
}
