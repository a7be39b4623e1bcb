package import Mail

/// One message as seen by the client session; the content is the caller's business.
package struct ClientTransaction: Sendable {
    /// The caller's identifier, unique within the session.
    package let token: Int
    /// Nil for the null path.
    package let sender: EnvelopeAddress?
    /// At least one.
    package let recipients: [EnvelopeAddress]
    package let body: BodyType
    /// Octets of the content before dot stuffing (RFC 1870 section 6).
    package let size: Int
    /// Whether to announce the size, which must not be less than what is sent (section 6.2).
    package let announcesSize: Bool
    /// Options requested at MAIL.
    package let options: MessageOptions
    /// Options requested at RCPT, one per recipient; empty if no recipient has any.
    package let recipientOptions: [RecipientOptions]

    package init(
        token: Int, sender: EnvelopeAddress?, recipients: [EnvelopeAddress], body: BodyType, size: Int,
        announcesSize: Bool = true, options: MessageOptions = .none, recipientOptions: [RecipientOptions] = []
    ) {
        precondition(!recipients.isEmpty, "a transaction needs a recipient")
        precondition(
            recipientOptions.isEmpty || recipientOptions.count == recipients.count,
            "there must be as many recipient options as recipients")
        self.token = token
        self.sender = sender
        self.recipients = recipients
        self.body = body
        self.size = size
        self.announcesSize = announcesSize
        self.options = options
        self.recipientOptions = recipientOptions
    }

    /// Whether the content is sent by BDAT, unmodified: binary content has no lines for dot stuffing (RFC 3030 section
    /// 3).
    package var isChunked: Bool { body == .binaryMIME }

    /// Whether an address requires SMTPUTF8.
    var hasInternationalAddress: Bool {
        !(sender?.isASCII ?? true) || !recipients.allSatisfy(\.isASCII)
    }
}

/// The server's replies to a whole transaction.
package struct TransactionResult: Hashable, Sendable {
    /// A recipient that the server refused.
    package struct Refusal: Hashable, Sendable {
        /// Index into the transaction's recipients.
        package let recipient: Int
        package let reply: Reply

        package init(recipient: Int, reply: Reply) {
            self.recipient = recipient
            self.reply = reply
        }
    }

    package let token: Int
    /// The reply to MAIL if it was not positive; then nothing else counts.
    package var mailRefusal: Reply?
    package var recipientRefusals: [Refusal] = []
    /// The reply to DATA if it was not 354 although a recipient was accepted.
    package var dataRefusal: Reply?
    /// The reply to the final dot, or to the last BDAT, or to content that the server refused before its end; nil if
    /// the content was never sent.
    package var dotReply: Reply?
    /// Whether that came before the end of the content was written, which it then never is: the server cannot have
    /// accepted the message.
    package var isCutShort = false

    package init(token: Int) {
        self.token = token
    }

    /// Whether the end of the content was written.
    package var isDotSent: Bool { dotReply != nil && !isCutShort }
}

/// A transaction whose session ended before its result.
package struct UnfinishedTransaction: Hashable, Sendable {
    package let token: Int
    package let phase: ClientPhase
    /// Whether the final dot has been written: from then on the server may have accepted the message.
    package var dotWritten = false
    /// The reply to MAIL if it was not positive: nothing can come of the transaction any more.
    package var mailRefusal: Reply?
    /// The recipients refused so far.
    package var refusals: [TransactionResult.Refusal] = []
}
