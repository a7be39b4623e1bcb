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
        recipients.enumerated().map { position, recipient in
            let (phase, reply) = reply(at: position)
            let isTaken = phase == .dot && reply.kind == .positive
            let verdict =
                isTaken
                ? nil
                : rules.verdict(
                    reply, at: phase, hasRecipients: hasRecipients(phase, position), session: session,
                    isBelieved: isBelieved)
            return RecipientAnswer(recipient: recipient, phase: phase, reply: reply, verdict: verdict)
        }
    }

    /// The reply to the final dot if it accepts the message for every recipient; else nil.
    var wholeReply: Reply? {
        guard let dotReply, dotReply.kind == .positive, recipientRefusals.isEmpty else { return nil }
        return dotReply
    }

    /// Whether a recipient was accepted before the one at this position; replies to RCPT come in order.
    private func hasRecipients(_ phase: OutcomePhase, _ position: Int) -> Bool {
        phase == .rcpt && recipientRefusals.prefix { $0.recipient < position }.count < position
    }

    private func reply(at position: Int) -> (OutcomePhase, Reply) {
        if let mailRefusal { return (.mail, mailRefusal) }
        if let refusal = recipientRefusals.first(where: { $0.recipient == position }) {
            return (.rcpt, refusal.reply)
        }
        if let dataRefusal { return (.data, dataRefusal) }
        return (.dot, dotReply ?? Reply(451, nil, "the upstream gave no reply"))
    }
}
