package import Mail

/// A message about which somebody may have to be told, with what has become of its recipients.
package struct NoticeFacts: Hashable, Sendable {
    package var queueID: String
    package var sender: ReversePath
    package var options: MessageOptions
    package var receivedAt: Timestamp
    /// Value of its Message-ID field; empty if unknown.
    package var messageID: String
    /// The kind of notice it is itself; nil for other mail.
    package var notice: NoticeKind?
    /// The recipients of which there is something new; others are left out.
    package var recipients: [NoticeRecipient]

    package init(
        queueID: String, sender: ReversePath, options: MessageOptions = .none, receivedAt: Timestamp,
        messageID: String = "", notice: NoticeKind? = nil, recipients: [NoticeRecipient]
    ) {
        self.queueID = queueID
        self.sender = sender
        self.options = options
        self.receivedAt = receivedAt
        self.messageID = messageID
        self.notice = notice
        self.recipients = recipients
    }
}
