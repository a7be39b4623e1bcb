package import Mail
package import NIOCore

/// An attempt that has started and whose outcome is not recorded.
package struct OpenAttempt: Hashable, Sendable {
    package let upstream: String
    /// By the steady clock: if the attempt is interrupted, the hold of the doubt begins then.
    package var startedAt: Timestamp
    /// Indexes into the message's recipients.
    package let recipients: [Int]

    package init(upstream: String, startedAt: Timestamp, recipients: [Int]) {
        self.upstream = upstream
        self.startedAt = startedAt
        self.recipients = recipients
    }
}

/// A completed attempt: one line of a message's ledger.
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
    /// The outcome for most recipients; each recipient has its own state.
    package let outcome: Outcome
    /// The phase the session reached, such as `connect`, `mail`, `dot`.
    package let phase: String
    /// The deciding reply or error, on one line, and not longer than ``ReplyText`` allows.
    package let reply: String
    /// Version and cipher of the connection, such as `TLSv1.3 TLS_AES_256_GCM_SHA384`; nil for a plain one.
    package let tls: String?
    /// Whether the final dot had been written, so that the upstream may have accepted the mail; nil if unknown, as
    /// after a power cut and for attempts of older releases.
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
        self.reply = ReplyText.cut(reply)
        self.tls = tls
        self.dotSent = dotSent
    }
}

/// A message in the spool, without its content.
package struct SpooledMessage: Hashable, Sendable {
    package let id: QueueID
    package let receivedAt: Timestamp
    /// The declared body type of the content.
    package let body: BodyType
    /// The body type the content actually needs, if known; else the declared one.
    package let contained: BodyType
    package let priority: Priority
    /// Octets of the message as sent: the relay's own header and the content, before dot stuffing.
    package let size: Int
    private let submission: Shared<Submission>
    package var recipients: [Recipient]
    /// Incomplete delivery cycles; the retry delay grows with it.
    package var cycles: Int
    package var openAttempt: OpenAttempt?
    /// When its sender wants it sent, by the steady clock; nil for at once.
    package var releaseAt: Timestamp?
    /// The kind of notice it is, if it is one of the relay's own; nothing is sent about a notice.
    package var notice: NoticeKind?
    /// The upstream an operator has moved it to, until it fails there.
    package var boundUpstream: String?

    /// What never changes and is not a number: shared by all copies, of which a message has a dozen on its way.
    private struct Submission: Hashable, Sendable {
        let sender: ReversePath
        let messageID: String
        let origin: String
        let user: String?
        let options: MessageOptions
        let routing: RoutingFacts
    }

    package var sender: ReversePath { submission.value.sender }
    /// Value of the Message-ID field; the relay's own if the client supplied none.
    package var messageID: String { submission.value.messageID }
    /// Origin of the message: `name [address]` of the client.
    package var origin: String { submission.value.origin }
    /// The authenticated user who submitted it; nil if none.
    package var user: String? { submission.value.user }
    /// Options requested at MAIL.
    package var options: MessageOptions { submission.value.options }
    /// What routes use besides the envelope.
    package var routing: RoutingFacts { submission.value.routing }
    /// The stream that it or its user's settings name; nil if neither does.
    package var stream: String? { submission.value.routing.stream }
    /// Which probe it is; nil for all other mail, of which nothing but the kind of notice is looked at.
    package var probe: ProbeMark? { notice == .probe ? submission.value.routing.probe : nil }

    package init(
        id: QueueID, receivedAt: Timestamp, sender: ReversePath, body: BodyType, contained: BodyType? = nil,
        priority: Priority, messageID: String, origin: String, user: String? = nil, options: MessageOptions = .none,
        routing: RoutingFacts = .none, size: Int, recipients: [Recipient], cycles: Int = 0,
        openAttempt: OpenAttempt? = nil
    ) {
        self.id = id
        self.receivedAt = receivedAt
        self.body = body
        self.contained = contained ?? body
        self.priority = priority
        self.size = size
        self.submission = Shared(
            Submission(
                sender: sender, messageID: messageID, origin: origin, user: user, options: options, routing: routing))
        self.recipients = recipients
        self.cycles = cycles
        self.openAttempt = openAttempt
    }

    /// Whether each recipient waits for its first attempt only: none is scheduled for later, or held.
    package var isDueAtOnce: Bool { recipients.allSatisfy { $0.state == .queued } }

    /// Whether this upstream gets it at once if that gets whatever comes: a probe of another one does not go there.
    package func isExpected(through upstream: String) -> Bool {
        isDueAtOnce && (notice != .probe || probe?.upstream.map { $0 == upstream } ?? true)
    }

    /// Its sender wants it sent then, by the steady clock.
    package mutating func schedule(for releaseAt: Timestamp) {
        self.releaseAt = releaseAt
        for index in recipients.indices { recipients[index].markScheduled(until: releaseAt) }
    }

    /// Whether no upstream has it for any recipient, and none will get it: it failed permanently, or is damaged.
    package var isLost: Bool {
        recipients.allSatisfy { recipient in
            switch recipient.state {
            case .failed, .held: true
            case .queued, .deferred, .scheduled, .inDoubt, .delivered: false
            }
        }
    }
}

/// A message submitted by ingress after the final dot.
package struct NewMessage: Sendable {
    /// Location of the content.
    package enum Content: Sendable {
        /// In wire form: dot-stuffed, every line ended by CRLF, without the final dot.
        case whole(ByteBuffer)
        /// Already appended to this stream, in the same form.
        case stream(ContentStream)
    }

    /// The message with all recipients `queued`, or `scheduled`.
    package var message: SpooledMessage
    /// The header fields prepended by the relay, in wire form; no line starts with a dot.
    package let header: ByteBuffer
    package let content: Content
    /// Identifies a resubmission; nil if every submission is a separate message. Whether it is known is decided within
    /// the commit.
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

/// A message with its content in memory or on disk, for the delivery.
package struct QueuedMessage: Sendable {
    package var message: SpooledMessage
    package let content: MessageContent

    package init(message: SpooledMessage, content: MessageContent) {
        self.message = message
        self.content = content
    }
}

/// The state of a message after an attempt. A message all of whose recipients are settled leaves the spool with it.
package struct Settlement: Sendable {
    package let id: QueueID
    /// All recipients, in the order of the message.
    package let recipients: [Recipient]
    package let cycles: Int
    /// For the ledger; nil if only states change.
    package let attempt: AttemptRecord?
    /// The upstream the message is bound to.
    package var boundUpstream: String?
    /// The new time from which it waits, by the steady clock; nil to leave it as it is.
    package var releaseAt: Timestamp?
    /// Committed together with it.
    package var notices: [NoticeRequest]
    /// The message, if it leaves with this settlement; nil if that is to be read.
    package var last: LastState?

    package init(
        id: QueueID, recipients: [Recipient], cycles: Int, attempt: AttemptRecord?, boundUpstream: String? = nil,
        notices: [NoticeRequest] = [], last: LastState? = nil
    ) {
        self.id = id
        self.recipients = recipients
        self.cycles = cycles
        self.attempt = attempt
        self.boundUpstream = boundUpstream
        self.notices = notices
        self.last = last
    }

    /// Whether the message leaves the spool: nothing is left to do for any recipient.
    package var isLast: Bool { isDropped || !recipients.isEmpty && recipients.allSatisfy(\.isSettled) }
    /// Whether the message leaves the spool in any case, even if its recipients cannot be read.
    package var isDropped = false
    /// Those of its recipients that were waiting when an operator dropped it.
    package func dropped(from found: SpooledMessage?) -> Set<Int> {
        guard isDropped, let found else { return [] }
        return Set(found.recipients.indices.filter { !found.recipients[$0].isFinal })
    }
    /// The message as this leaves it, if nobody has said.
    package func lastState(of found: SpooledMessage) -> LastState {
        var message = found
        message.recipients = recipients
        return LastState(message, attempt.map { [$0] } ?? [])
    }
    /// Whether it leaves without having been delivered to anybody.
    package var isLoss: Bool { !recipients.contains { $0.state == .delivered } }
}

/// What the scheduler needs to know of a waiting message.
package struct ScheduledMessage: Hashable, Sendable {
    package let id: QueueID
    package let receivedAt: Timestamp
    /// When its sender wants it sent, by the steady clock; nil for at once.
    package let releaseAt: Timestamp?
    /// When the earliest of its recipients is due; for recipients in doubt, when the doubt arose.
    package let dueAt: Timestamp
    package let priority: Priority
    /// Whose share of the class it takes.
    package let flow: FlowKey
    /// Whether a recipient is in doubt.
    package let inDoubt: Bool
    /// Whether its sender has been told of the delay for every recipient that waits for an attempt.
    package let isWarned: Bool

    package init(
        id: QueueID, receivedAt: Timestamp, releaseAt: Timestamp? = nil, dueAt: Timestamp, priority: Priority,
        flow: FlowKey = .none, inDoubt: Bool, isWarned: Bool = false
    ) {
        self.id = id
        self.receivedAt = receivedAt
        self.releaseAt = releaseAt
        self.dueAt = dueAt
        self.priority = priority
        self.flow = flow
        self.inDoubt = inDoubt
        self.isWarned = isWarned
    }
}

/// Totals over the whole spool.
package struct SpoolStatistics: Hashable, Sendable {
    /// When a message was accepted, by the system's clock of then.
    package struct Arrival: Hashable, Sendable {
        package let id: QueueID
        package let receivedAt: Timestamp

        package init(id: QueueID, receivedAt: Timestamp) {
            (self.id, self.receivedAt) = (id, receivedAt)
        }
    }

    package var messages: Int
    package var recipients: Int
    /// Octets of all messages in wire form.
    package var octets: Int
    package var oldestReceivedAt: Timestamp?
    /// Of the messages with a recipient that waits for an attempt, or is in one.
    package var oldestWaitingReceivedAt: Timestamp?
    /// The first of these messages to be accepted, whatever the system's clock said.
    package var firstWaiting: Arrival?
    /// Recipients in doubt of the relay's own notices.
    package var noticesInDoubt = 0
    /// Number of recipients per state; `delivering` counts those of running attempts instead of their stored state.
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
