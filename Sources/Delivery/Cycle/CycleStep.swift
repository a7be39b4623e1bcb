internal import Mail
internal import Spool
internal import Suppression
internal import Upstreams

/// The consequences of one event in a message's cycle.
struct CycleStep {
    /// When a message has its turn at the same upstream.
    enum Turn: Hashable {
        /// After those that wait there.
        case inOrder
        /// Before them, in any session.
        case first
        /// Before them, in a session that has had no message.
        case newSession
    }

    /// What to do with the message now.
    enum Action {
        /// Record the state, then hand pending recipients to the next upstream.
        case tryNext
        /// Record the state, then hand pending recipients to the same upstream.
        case sameUpstreamAgain(Turn)
        /// Remove the message: nothing is left to do for any recipient.
        case remove
        /// Record the state, and let the message wait until something is due.
        case requeue(Release)
    }

    /// What ends a message's wait, besides its time.
    enum Release: Hashable {
        /// Nothing.
        case time
        /// Any upstream that may take it: one that works again, or a trial of one.
        case anyUpstream
        /// An upstream that has recovered. A circuit that only admits a trial releases nothing: if its upstream could not
        /// take this message, the trial would never end.
        case recovery
    }

    /// News for the log, the metrics and the circuits.
    enum News {
        case delivered([Int], reply: String)
        case failed([Int], upstream: Int?, phase: String, reply: String)
        case inDoubt([Int], since: Timestamp)
        /// - Parameter phase: of the last answer; nil if none is known.
        case requeued([Int], due: Timestamp, phase: String?)
        /// A refusal for an unknown reason was decided: another upstream accepted the recipient, or none did and it
        /// failed.
        case judged(Opinion, recipient: Int, by: Int, isConfirmed: Bool)
        /// A failure, told before, that says something about the address.
        case bounced(Int, BounceKind, reply: String)
        /// A recipient that gets no mail.
        case suppressed(Int, SuppressionMatch, SuppressionAction)
    }

    var action: Action
    /// For the ledger, one per outcome of the attempt; empty if only states change.
    var attempts: [AttemptRecord] = []
    /// In order of occurrence.
    var news: [News] = []
    /// Added by the end of the cycle.
    var ending: [News] = []
}

/// What the relay knows when something happens to a message.
struct CycleFacts {
    /// By the steady clock, as all due times.
    let now: Timestamp
    /// By the system's clock, as all records.
    let wall: Timestamp
    let ages: MessageAges
    /// -1 to 1: varies waits.
    let jitter: Double
    let plan: RetryPlan
    /// Upstreams that the operator allows mail to.
    let enabled: UpstreamSet
    /// Names of the upstreams, by index.
    let names: [String]
}

/// One attempt, as it started.
struct CycleAttempt {
    let upstream: Int
    let began: MonotonicInstant
    let startedAt: Timestamp
    /// Version and cipher; nil in clear text.
    let tls: String?
    /// Whether the upstream may get further recipients at once.
    let mayStay: Bool
}

/// An upstream's reply about one recipient.
struct RecipientAnswer {
    /// Index into the message's recipients.
    let recipient: Int
    let phase: OutcomePhase
    let reply: Reply
    /// Nil if it accepted the message.
    let verdict: Verdict?
    /// What a failure says about the address.
    var bounce: BounceKind?
}

/// A refusal for an unknown reason: confirmed if another upstream agrees, evidence against its author if one does not.
struct Opinion: Hashable {
    let upstream: Int
    /// Start of the attempt.
    let began: MonotonicInstant
    let phase: OutcomePhase
    let reply: Reply
    /// What the refusal claims to be about.
    let scope: FailureScope
    /// Whether its wording sounds temporary: then it is no reason to fail.
    let isPassing: Bool
    /// Whether it is evidence against the upstream if another one accepts the mail.
    let isRefutable: Bool
}
