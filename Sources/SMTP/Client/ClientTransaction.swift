package import Mail

/// One message as the client session sees it; the content is the caller's business.
package struct ClientTransaction: Sendable {
    /// The caller's name for it, unique within the session.
    package let token: Int
    package let sender: ReversePath
    /// At least one.
    package let recipients: [Address]
    package let body: BodyType
    /// Octets of the content, dots not stuffed (RFC 1870 section 6).
    package let size: Int

    package init(token: Int, sender: ReversePath, recipients: [Address], body: BodyType, size: Int) {
        precondition(!recipients.isEmpty, "a transaction has a recipient")
        self.token = token
        self.sender = sender
        self.recipients = recipients
        self.body = body
        self.size = size
    }
}

/// What the server said to a whole transaction.
package struct TransactionResult: Hashable, Sendable {
    /// One recipient that the server did not take.
    package struct Refusal: Hashable, Sendable {
        /// Index into the transaction's recipients.
        package let recipient: Int
        package let reply: Reply
    }

    package let token: Int
    /// The reply to MAIL where it was not positive; then nothing else counts.
    package var mailRefusal: Reply?
    package var recipientRefusals: [Refusal] = []
    /// The reply to DATA where it was not 354, though a recipient had been taken.
    package var dataRefusal: Reply?
    /// The reply to the final dot; nil when the content was never sent.
    package var dotReply: Reply?

    package init(token: Int) {
        self.token = token
    }
}

/// A transaction of a session that ended before its result.
package struct UnfinishedTransaction: Hashable, Sendable {
    package let token: Int
    package let phase: ClientPhase
    /// Whether the final dot has been written: from then on the server may have taken the message.
    package var dotWritten = false
    /// The recipients that had been refused.
    package var refusals: [TransactionResult.Refusal] = []
}

/// How far a session, or a transaction in it, has got: what the next reply will answer.
package enum ClientPhase: String, Hashable, Sendable, CaseIterable {
    case connect, banner, ehlo, mail, rcpt, data, content, dot, rset, quit
    /// Nothing is awaited.
    case idle
}
