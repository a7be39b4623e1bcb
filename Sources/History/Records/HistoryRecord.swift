package import Mail

/// What is kept about a message that has left.
package struct HistoryRecord: Hashable, Sendable {
    package struct Recipient: Hashable, Sendable {
        /// As the client gave it, or its hash (``HistoryAddress``); nil once it has been erased.
        package var address: String?
        package var outcome: HistoryOutcome
        /// Of a failure.
        package var failureClass: FailureClass?
        /// The upstream of the last attempt; nil if there was none.
        package var upstream: String?
        package var route: String
        /// What it belongs to in an operator's eyes.
        package var stream: String
        /// The last reply or error.
        package var reply: String?
        package var attempts: Int
        package var firstAttemptAt: Timestamp?
        /// When its outcome came.
        package var finishedAt: Timestamp

        package init(
            address: String?, outcome: HistoryOutcome, failureClass: FailureClass? = nil, upstream: String? = nil,
            route: String, stream: String, reply: String? = nil, attempts: Int = 0, firstAttemptAt: Timestamp? = nil,
            finishedAt: Timestamp
        ) {
            self.address = address
            self.outcome = outcome
            self.failureClass = failureClass
            self.upstream = upstream
            self.route = route
            self.stream = stream
            self.reply = reply
            self.attempts = attempts
            self.firstAttemptAt = firstAttemptAt
            self.finishedAt = finishedAt
        }
    }

    package var queueID: QueueID
    package var receivedAt: Timestamp
    /// When it left.
    package var finishedAt: Timestamp
    /// Octets of the message as sent.
    package var size: Int
    /// As recipients' addresses; empty for the null sender.
    package var sender: String
    package var messageID: String
    package var user: String?
    /// Name of the round trip, of one of the relay's own probes; nil for all other mail.
    package var probe: String?
    package var recipients: [Recipient]

    package init(
        queueID: QueueID, receivedAt: Timestamp, finishedAt: Timestamp, size: Int, sender: String, messageID: String,
        user: String? = nil, recipients: [Recipient]
    ) {
        self.queueID = queueID
        self.receivedAt = receivedAt
        self.finishedAt = finishedAt
        self.size = size
        self.sender = sender
        self.messageID = messageID
        self.user = user
        self.recipients = recipients
    }
}

/// What became of a recipient.
package enum HistoryOutcome: String, Hashable, Sendable, CaseIterable {
    case delivered, failed
    /// By an operator's order, or because mail to it is suppressed.
    case dropped
}

extension HistoryRecord.Recipient {
    /// From acceptance to the outcome.
    package func wait(since receivedAt: Timestamp) -> Duration { finishedAt - receivedAt }
}
