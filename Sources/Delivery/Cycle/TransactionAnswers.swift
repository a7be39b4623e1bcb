internal import Mail
internal import SMTP
internal import Upstreams

extension TransactionResult {
    /// The upstream's answer for each recipient of the transaction, with the verdict of its rules.
    ///
    /// - Parameters:
    ///   - recipients: the transaction's recipients, as indexes into the message's.
    ///   - session: what the session had been through before.
    ///   - isBelieved: whether the relay's own rules may fail mail at once.
    func answers(
        for recipients: [Int], by rules: RuleBook, session: SessionStanding = .new, isBelieved: Bool = true
    ) -> [RecipientAnswer] {
        // Replies to RCPT come in order.
        var refused = 0
        // Most servers say the same to all; the rules need look at it once.
        var last: (phase: OutcomePhase, reply: Reply, hasRecipients: Bool, verdict: Verdict, bounce: BounceKind?)?
        return recipients.enumerated().map { position, recipient in
            let refusal = recipientRefusals.indices.contains(refused) ? recipientRefusals[refused] : nil
            let isRefused = refusal?.recipient == position
            let (phase, reply) = reply(to: isRefused ? refusal : nil)
            // Whether a recipient was accepted before this one.
            let hasRecipients = phase == .rcpt && refused < position
            if isRefused { refused += 1 }
            let isTaken = phase == .dot && reply.kind == .positive
            guard !isTaken else {
                return RecipientAnswer(recipient: recipient, phase: phase, reply: reply, verdict: nil)
            }
            if let last, last.phase == phase, last.hasRecipients == hasRecipients, last.reply == reply {
                return RecipientAnswer(
                    recipient: recipient, phase: phase, reply: reply, verdict: last.verdict, bounce: last.bounce)
            }
            let verdict = rules.verdict(
                reply, at: phase, hasRecipients: hasRecipients, session: session, isBelieved: isBelieved)
            let bounce =
                verdict.action == .fail
                ? rules.bounce(reply, at: phase, hasRecipients: hasRecipients, session: session) : nil
            last = (phase, reply, hasRecipients, verdict, bounce)
            return RecipientAnswer(
                recipient: recipient, phase: phase, reply: reply, verdict: verdict, bounce: bounce)
        }
    }

    /// The reply to the final dot if it accepts the message for every recipient; else nil.
    var wholeReply: Reply? {
        guard let dotReply, dotReply.kind == .positive, recipientRefusals.isEmpty else { return nil }
        return dotReply
    }

    /// - Parameter refusal: of the recipient, if it was refused.
    private func reply(to refusal: Refusal?) -> (OutcomePhase, Reply) {
        if let mailRefusal { return (.mail, mailRefusal) }
        if let refusal { return (.rcpt, refusal.reply) }
        if let dataRefusal { return (.data, dataRefusal) }
        return (.dot, dotReply ?? Reply(451, nil, "the upstream gave no reply"))
    }
}
