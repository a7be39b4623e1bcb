internal import Mail
internal import Spool
internal import Upstreams

/// What follows from one event of a message's cycle.
struct CycleStep {
    /// What to do with the message now.
    enum Action {
        /// Record the state, then hand what is pending to the next upstream.
        case tryNext
        /// Record the state, then hand what is pending to the same upstream.
        case sameUpstreamAgain
        /// Remove the message: every recipient has it.
        case remove
        /// Record the state, and let the message wait until something is due.
        case requeue(Release)
    }

    /// What ends the wait of a message, beside its time.
    enum Release: Hashable {
        /// Nothing.
        case time
        /// Any upstream that may take it: one that works again, or the trial of one.
        case anyUpstream
        /// An upstream that has recovered. A trial does not, since the one that is tried may be the one that cannot have
        /// the message, and nobody would end the trial.
        case recovery
    }

    /// What the log, the metrics and the circuits hear.
    enum News {
        case delivered([Int], reply: String)
        case failed([Int], upstream: Int?, phase: String, reply: String)
        case inDoubt([Int], since: Timestamp)
        case requeued([Int], due: Timestamp)
        /// What this upstream refused for an unknown reason, another one took; or no other one did, and it has failed.
        case judged(Opinion, recipient: Int, by: Int, isConfirmed: Bool)
    }

    var action: Action
    /// For the ledger, one for each outcome that the attempt had; empty where only states change.
    var attempts: [AttemptRecord] = []
    /// In the order in which it happened.
    var news: [News] = []
    /// What the end of the cycle adds to it.
    var ending: [News] = []
}

/// What the relay knows when something happens to a message.
struct CycleFacts {
    let now: Timestamp
    /// -1 to 1: varies waits.
    let jitter: Double
    let plan: RetryPlan
    /// Upstreams that the operator lets mail go to.
    let enabled: UpstreamSet
    /// Names of the upstreams, by index.
    let names: [String]
}

/// One attempt, as it began.
struct CycleAttempt {
    let upstream: Int
    let began: MonotonicInstant
    let startedAt: Timestamp
    /// Version and cipher; nil in clear text.
    let tls: String?
    /// Whether the upstream may get further recipients at once.
    let mayStay: Bool
}

/// What an upstream said about one recipient.
struct RecipientAnswer {
    /// Index into the message's recipients.
    let recipient: Int
    let phase: OutcomePhase
    let reply: Reply
    /// Nil where it took the message.
    let verdict: Verdict?
}

/// A refusal for an unknown reason: true when another upstream agrees, evidence against its author when one does not.
struct Opinion: Hashable {
    let upstream: Int
    /// When the attempt did.
    let began: MonotonicInstant
    let phase: OutcomePhase
    let reply: Reply
    /// Whom the refusal is said to be about.
    let scope: FailureScope
    /// Whether its words speak of a passing trouble: then it is no reason to fail.
    let isPassing: Bool
    /// Whether it is evidence against the upstream if another one accepts the mail.
    let isRefutable: Bool
}
