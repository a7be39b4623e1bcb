import Mail
import Spool
import Suppression
import Upstreams

@testable import Delivery

/// A message's cycle without a loop, a session or a spool, and the invariants of every step.
struct CycleStage {
    static let received = Timestamp(milliseconds: 1_800_000_000_000)

    private(set) var cycle: MessageCycle
    var enabled: UpstreamSet
    var now = CycleStage.received
    let plan: RetryPlan
    private(set) var last: CycleStep?

    /// - Parameters:
    ///   - doubtAt: the upstream at which the first recipient is in doubt.
    init(
        recipients: Int = 1, upstreams: Int = 2, only: [Int]? = nil, asksSecondOpinion: Bool = true,
        failsOverOnReject: Bool = false, doubtAt: Int? = nil, impasse: Impasse? = nil,
        expireAfter: Duration = .seconds(86_400)
    ) {
        var settings = DeliverySettings()
        settings.upstreams = (0..<upstreams).map { UpstreamSettings(name: "u\($0)", host: "u\($0)", port: 25) }
        settings.retry.expireAfter = expireAfter
        settings.retry.jitter = 0
        plan = RetryPlan(settings)
        enabled = UpstreamSet(0..<upstreams)
        let list = (0..<recipients).map { number in
            Recipient(
                address: Address(unchecked: "r\(number)@x"), state: number == 0 && doubtAt != nil ? .inDoubt : .queued,
                nextAttemptAt: number == 0 ? doubtAt.map { _ in Self.received } : nil,
                upstream: number == 0 ? doubtAt.map { "u\($0)" } : nil, impasse: impasse)
        }
        let message = SpooledMessage(
            id: QueueID(rawValue: 1), receivedAt: Self.received,
            sender: ReversePath(address: Address(unchecked: "s@x")),
            body: .sevenBit, priority: .normal, messageID: "<m@x>", origin: "test", size: 10, recipients: list)
        cycle = MessageCycle(
            message, recipients: Array(list.indices),
            terms: MessageCycle.Terms(
                upstreams: Array(0..<upstreams), onlyUpstreams: only, asksSecondOpinion: asksSecondOpinion,
                failsOverOnReject: failsOverOnReject))
    }

    var facts: CycleFacts {
        CycleFacts(
            now: now, wall: now,
            ages: MessageAges(lead: .zero, after: QueueID(rawValue: 0), now: Self.received), jitter: 0, plan: plan,
            enabled: enabled, names: cycle.terms.upstreams.map { "u\($0)" })
    }

    var states: [Recipient.State] { cycle.message.recipients.map(\.state) }

    /// The action of the last step, in a word.
    var action: String {
        switch last?.action {
        case .tryNext: "next"
        case .sameUpstreamAgain: "again"
        case .remove: "remove"
        case .requeue(.time): "wait"
        case .requeue(.anyUpstream): "wait for any"
        case .requeue(.recovery): "wait for recovery"
        case nil: "-"
        }
    }

    // MARK: - Events

    func attempt(at upstream: Int, mayStay: Bool = true) -> CycleAttempt {
        CycleAttempt(
            upstream: upstream, began: MonotonicInstant(nanoseconds: 0), startedAt: now, tls: nil, mayStay: mayStay)
    }

    /// A transaction with all pending recipients, or the first of them.
    mutating func start(at upstream: Int, taking count: Int = .max) {
        cycle.transactionStarted(
            at: upstream, taken: Array(cycle.pending.prefix(count)), later: Array(cycle.pending.dropFirst(count)))
    }

    /// Starts a transaction and finishes it.
    ///
    /// - Parameter answers: one per recipient, or one for all.
    mutating func answer(at upstream: Int, _ answers: Answer..., mayStay: Bool = true) {
        start(at: upstream)
        finish(at: upstream, answers, mayStay: mayStay)
    }

    mutating func finish(at upstream: Int, _ answers: [Answer], mayStay: Bool = true) {
        let list = cycle.pending.enumerated().map { position, recipient in
            answers[min(position, answers.count - 1)].about(recipient)
        }
        last = cycle.transactionFinished(
            list, attempt(at: upstream, mayStay: mayStay), dotSent: list.contains { $0.phase == .dot }, facts)
    }

    mutating func loseSession(at upstream: Int, afterDot: Bool, refused: [Answer] = [], mayStay: Bool = false) {
        let attempt = attempt(at: upstream, mayStay: mayStay)
        if afterDot {
            let list = zip(cycle.pending, refused).map { $1.about($0) }
            last = cycle.sessionLostAfterDot(refused: list, attempt, reason: "closed", facts)
        } else {
            last = cycle.sessionLostBeforeDot(attempt, phase: "mail", reply: "closed", facts)
        }
    }

    mutating func unreachable(_ upstream: Int) {
        cycle.unreachable(upstream, "refused")
        last = nil
    }

    mutating func cannotCarry(at upstream: Int, _ kind: TransactionPlan.Refusal.Kind, sessionBegan: Timestamp? = nil) {
        let refusals = cycle.pending.map {
            TransactionPlan.Refusal(
                recipient: $0, reply: Reply(552, EnhancedStatusCode(5, 3, 4), "too large"), kind: kind)
        }
        _ = cycle.cannotCarry(refusals, at: upstream, sessionBegan: sessionBegan ?? now, facts)
        last = cycle.passedOver(at: upstream, facts)
    }

    mutating func suppress(
        _ action: SuppressionAction, _ match: (Address) -> SuppressionMatch?
    ) -> [CycleStep.News] {
        cycle.suppress(action, match)
    }

    mutating func exhaust() {
        last = cycle.exhausted(facts)
    }
}

/// An answer in short form.
struct Answer {
    let phase: OutcomePhase
    let reply: Reply
    let verdict: Verdict?
    var bounce: BounceKind?

    init(_ phase: OutcomePhase, _ code: UInt16, _ verdict: Verdict?) {
        self.phase = phase
        self.reply = Reply(code, nil, "said at \(phase.rawValue)")
        self.verdict = verdict
    }

    func about(_ recipient: Int) -> RecipientAnswer {
        RecipientAnswer(recipient: recipient, phase: phase, reply: reply, verdict: verdict, bounce: bounce)
    }

    static let taken = Answer(.dot, 250, nil)
    static let known = Answer(.rcpt, 551, Verdict(.recipient, .fail))
    static let content = Answer(.dot, 554, Verdict(.message, .fail))
    static let unknown = Answer(.rcpt, 550, Verdict(.recipient, .secondOpinion))
    static let unknownAtDot = Answer(.dot, 554, Verdict(.message, .secondOpinion))
    static let unknownAtMail = Answer(.mail, 554, Verdict(.message, .secondOpinion))
    static let elsewhere = Answer(.rcpt, 450, Verdict(.recipient, .nextUpstream))
    static let sender = Answer(.mail, 550, Verdict(.sender, .nextUpstream, isUnexplained: true))
    static let slower = Answer(.mail, 454, Verdict(.account, .slowDown))
    static let later = Answer(.dot, 451, Verdict(.message, .retryLater))
    static let tooMany = Answer(.rcpt, 452, Verdict(.recipient, .nextTransaction))

    static let all: [Answer] = [
        taken, known, content, unknown, unknownAtDot, unknownAtMail, elsewhere, sender, slower, later,
        tooMany,
    ]
}
