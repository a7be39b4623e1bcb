package import Mail
package import NIOCore

/// An attempt that has begun and whose outcome is not recorded.
package struct OpenAttempt: Hashable, Sendable {
    package let upstream: String
    package let startedAt: Timestamp
    /// Indexes into the message's recipients.
    package let recipients: [Int]

    package init(upstream: String, startedAt: Timestamp, recipients: [Int]) {
        self.upstream = upstream
        self.startedAt = startedAt
        self.recipients = recipients
    }
}

/// An attempt that has ended: one line of a message's ledger.
package struct AttemptRecord: Hashable, Sendable {
    package enum Outcome: String, Sendable, CaseIterable {
        case delivered, deferred, failed
        case inDoubt = "in_doubt"
    }

    package let upstream: String
    package let startedAt: Timestamp
    package let endedAt: Timestamp
    /// Indexes into the message's recipients.
    package let recipients: [Int]
    /// What the attempt came to for most of its recipients; each recipient's own state is with the recipient.
    package let outcome: Outcome
    /// How far the session had got, such as `connect`, `mail`, `dot`.
    package let phase: String
    /// The reply or error that decided, one line.
    package let reply: String
    /// Version and cipher of the connection, such as `TLSv1.3 TLS_AES_256_GCM_SHA384`; nil for a plain one.
    package let tls: String?
    /// Whether the final dot had been written, behind which the upstream may have taken the mail; nil where nobody knows,
    /// as after a power cut and for attempts of older releases.
    package let dotSent: Bool?

    package init(
        upstream: String, startedAt: Timestamp, endedAt: Timestamp, recipients: [Int], outcome: Outcome, phase: String,
        reply: String, tls: String? = nil, dotSent: Bool? = nil
    ) {
        self.upstream = upstream
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.recipients = recipients
        self.outcome = outcome
        self.phase = phase
        self.reply = reply
        self.tls = tls
        self.dotSent = dotSent
    }
}

/// A message as it lies in the spool, without its content.
package struct SpooledMessage: Hashable, Sendable {
    package let id: QueueID
    package let receivedAt: Timestamp
    package let sender: ReversePath
    /// What the client declared of the content.
    package let body: BodyType
    /// What the content needs in fact, as far as that is known; else what was declared.
    package let contained: BodyType
    package let priority: Priority
    /// Value of the Message-ID field, the relay's own where the client gave none.
    package let messageID: String
    /// Where the message came from: `name [address]` of the client.
    package let origin: String
    /// The user who handed it in; nil where nobody had authenticated.
    package let user: String?
    /// What the client asked for at MAIL.
    package let options: MessageOptions
    /// What routes look at beside the envelope.
    package let routing: RoutingFacts
    /// Octets of the message as it goes out: the relay's own header and the content, dots not stuffed.
    package let size: Int
    package var recipients: [Recipient]
    /// Delivery cycles that ended with something left to do; the retry schedule grows with it.
    package var cycles: Int
    package var openAttempt: OpenAttempt?

    package init(
        id: QueueID, receivedAt: Timestamp, sender: ReversePath, body: BodyType, contained: BodyType? = nil,
        priority: Priority, messageID: String, origin: String, user: String? = nil, options: MessageOptions = .none,
        routing: RoutingFacts = .none, size: Int, recipients: [Recipient], cycles: Int = 0,
        openAttempt: OpenAttempt? = nil
    ) {
        self.id = id
        self.receivedAt = receivedAt
        self.sender = sender
        self.body = body
        self.contained = contained ?? body
        self.priority = priority
        self.messageID = messageID
        self.origin = origin
        self.user = user
        self.options = options
        self.routing = routing
        self.size = size
        self.recipients = recipients
        self.cycles = cycles
        self.openAttempt = openAttempt
    }

    /// Whether no upstream has it for any recipient, and none will get it: it was refused for good, or is damaged.
    package var isLost: Bool {
        recipients.allSatisfy { recipient in
            switch recipient.state {
            case .failed, .held: true
            case .queued, .deferred, .inDoubt, .delivered: false
            }
        }
    }
}

/// What ingress hands over when the final dot has come.
package struct NewMessage: Sendable {
    /// Where the content is.
    package enum Content: Sendable {
        /// In wire form: dots stuffed, every line ended by CRLF, without the final dot.
        case whole(ByteBuffer)
        /// Appended before under this name, in the same form.
        case stream(ContentStream)
    }

    /// The message with all recipients `queued`.
    package var message: SpooledMessage
    /// The header fields that the relay puts in front, in wire form; no line of it starts with a dot.
    package let header: ByteBuffer
    package let content: Content
    /// By what it would be known again; nil where every submission is a message of its own. Whether it is known is
    /// decided within the commit.
    package let resubmission: Resubmission?

    package init(
        message: SpooledMessage, header: ByteBuffer, content: Content, resubmission: Resubmission? = nil
    ) {
        self.message = message
        self.header = header
        self.content = content
        self.resubmission = resubmission
    }
}

/// A message with its content at hand or known on disk: what the delivery works on.
package struct QueuedMessage: Sendable {
    package var message: SpooledMessage
    package let content: MessageContent

    package init(message: SpooledMessage, content: MessageContent) {
        self.message = message
        self.content = content
    }
}

/// The state of a message after an attempt.
package struct Settlement: Sendable {
    package let id: QueueID
    /// All recipients, in the order of the message.
    package let recipients: [Recipient]
    package let cycles: Int
    /// Goes into the ledger; nil when only states change.
    package let attempt: AttemptRecord?

    package init(id: QueueID, recipients: [Recipient], cycles: Int, attempt: AttemptRecord?) {
        self.id = id
        self.recipients = recipients
        self.cycles = cycles
        self.attempt = attempt
    }
}

/// What the scheduler needs to know of a waiting message; 24 octets.
package struct ScheduledMessage: Hashable, Sendable {
    package let id: QueueID
    /// When the next thing is to be done, the earliest of its recipients; for recipients in doubt, when the doubt arose.
    package let dueAt: Timestamp
    package let priority: Priority
    /// Whether a recipient is in doubt.
    package let inDoubt: Bool

    package init(id: QueueID, dueAt: Timestamp, priority: Priority, inDoubt: Bool) {
        self.id = id
        self.dueAt = dueAt
        self.priority = priority
        self.inDoubt = inDoubt
    }
}

/// Totals over the whole spool.
package struct SpoolStatistics: Hashable, Sendable {
    package var messages: Int
    package var recipients: Int
    /// Octets of all messages as they would go out.
    package var octets: Int
    package var oldestReceivedAt: Timestamp?
    /// Number of recipients in each state; `delivering` counts those of running attempts instead of their stored state.
    package var byState: [String: Int]

    package init(
        messages: Int = 0, recipients: Int = 0, octets: Int = 0, oldestReceivedAt: Timestamp? = nil,
        byState: [String: Int] = [:]
    ) {
        self.messages = messages
        self.recipients = recipients
        self.octets = octets
        self.oldestReceivedAt = oldestReceivedAt
        self.byState = byState
    }
}
