package import Mail

/// One message as the client session sees it; the content is the caller's business.
package struct ClientTransaction: Sendable {
    /// The caller's name for it, unique within the session.
    package let token: Int
    /// Nil for the null path.
    package let sender: EnvelopeAddress?
    /// At least one.
    package let recipients: [EnvelopeAddress]
    package let body: BodyType
    /// Octets of the content, dots not stuffed (RFC 1870 section 6).
    package let size: Int
    /// Whether the size is announced: no less than what is sent, or nothing (section 6.2).
    package let announcesSize: Bool
    /// What the client asked for at MAIL.
    package let options: MessageOptions
    /// What the client asked for at RCPT, as long as `recipients`; empty where it asked for nothing at any.
    package let recipientOptions: [RecipientOptions]

    package init(
        token: Int, sender: EnvelopeAddress?, recipients: [EnvelopeAddress], body: BodyType, size: Int,
        announcesSize: Bool = true, options: MessageOptions = .none, recipientOptions: [RecipientOptions] = []
    ) {
        precondition(!recipients.isEmpty, "a transaction has a recipient")
        precondition(
            recipientOptions.isEmpty || recipientOptions.count == recipients.count,
            "the options of recipients are as many as these")
        self.token = token
        self.sender = sender
        self.recipients = recipients
        self.body = body
        self.size = size
        self.announcesSize = announcesSize
        self.options = options
        self.recipientOptions = recipientOptions
    }

    /// Whether the content goes by BDAT, as it is: what is binary has no lines that dots could be stuffed into (RFC 3030
    /// section 3).
    package var isChunked: Bool { body == .binaryMIME }

    /// Whether an address can be sent with SMTPUTF8 only.
    var hasInternationalAddress: Bool {
        !(sender?.isASCII ?? true) || !recipients.allSatisfy(\.isASCII)
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
    /// The reply to the final dot, or to the last BDAT; nil when the content was never sent.
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
