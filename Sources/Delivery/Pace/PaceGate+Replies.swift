internal import Mail
internal import Upstreams

/// What upstreams answer for recipients of a domain.
extension PaceGate {
    /// An upstream has answered for recipients of a message.
    ///
    /// - Returns: the answers. One by which the domain of a recipient asks for less is about that, and not about the upstream,
    ///   so that mail to others goes on.
    func heard(_ answers: [RecipientAnswer], about job: DeliveryJob, from upstream: Upstream) -> [RecipientAnswer] {
        guard !job.turns.isEmpty else { return answers }
        let isProvider = upstream.settings.knownProvider != nil
        var requests: Set<Int> = []
        for turn in job.turns {
            let own = answers.filter { turn.recipients.contains($0.recipient) }
            let asking = own.filter { $0.asksForLess(isAlone: own.count == answers.count, isProvider: isProvider) }
            if let request = asking.first {
                slowDown(turn, request.reply, job)
                if isAdaptive(turn) { requests.formUnion(asking.map(\.recipient)) }
            } else if own.contains(where: { $0.verdict == nil }) {
                succeeded(turn)
            }
        }
        return requests.isEmpty ? answers : answers.map { requests.contains($0.recipient) ? $0.aboutRecipient : $0 }
    }

    /// An upstream has taken a message for all its recipients.
    func tookWhole(_ job: DeliveryJob) {
        for turn in job.turns { succeeded(turn) }
    }

    /// A session has ended with this reply, to a command of a message.
    ///
    /// - Parameter phase: `rcpt`, `data` or `dot`, where the reply may be about the recipients.
    func lost(_ job: DeliveryJob, _ reply: String, at phase: String, from upstream: Upstream) {
        guard let turn = job.turns.first, job.turns.count == 1, upstream.settings.knownProvider == nil,
            let phase = OutcomePhase(rawValue: phase), phase.isAboutRecipients,
            job.pending.allSatisfy(turn.recipients.contains), let reply = Reply(parsing: reply),
            PaceRequest.isIn(reply, at: phase)
        else { return }
        slowDown(turn, reply, job)
    }

    private func isAdaptive(_ turn: PaceTurn) -> Bool { turn.slot.pace.isAdaptive }

    private func slowDown(_ turn: PaceTurn, _ reply: Reply, _ job: DeliveryJob) {
        let slot = turn.slot
        guard let rate = slot.pace.slowDown(now: clock.instant, began: job.attemptBegan) else { return }
        report(.paceLowered(pace: slot.pace.entryName, domain: slot.name, rate: rate, reply: reply.description))
    }

    private func succeeded(_ turn: PaceTurn) {
        let slot = turn.slot
        guard slot.pace.isReduced, slot.pace.succeeded(now: clock.instant) else { return }
        report(.paceRestored(pace: slot.pace.entryName, domain: slot.name, rate: slot.pace.rate))
    }
}

extension RecipientAnswer {
    /// Whether the domain of the recipient asks for less. A provider that speaks of our account speaks for itself.
    ///
    /// - Parameters:
    ///   - isAlone: whether all recipients of the transaction are of this domain.
    ///   - isProvider: whether the upstream is one whose own replies are known.
    fileprivate func asksForLess(isAlone: Bool, isProvider: Bool) -> Bool {
        guard let verdict, phase == .rcpt || phase.isAboutRecipients && isAlone else { return false }
        guard !verdict.opensCircuit, !isProvider || verdict.scope == .recipient else { return false }
        switch verdict.action {
        case .slowDown, .retryLater, .nextUpstream, .secondOpinion: return PaceRequest.isIn(reply, at: phase)
        case .nextTransaction, .newSession, .fewerSessions, .fail: return false
        }
    }

    /// The same, with nothing said about the upstream.
    fileprivate var aboutRecipient: RecipientAnswer {
        guard verdict?.action == .slowDown else { return self }
        return RecipientAnswer(
            recipient: recipient, phase: phase, reply: reply, verdict: Verdict(.recipient, .nextUpstream))
    }
}

extension OutcomePhase {
    fileprivate var isAboutRecipients: Bool {
        switch self {
        case .rcpt, .data, .dot: true
        case .greeting, .auth, .mail: false
        }
    }
}
