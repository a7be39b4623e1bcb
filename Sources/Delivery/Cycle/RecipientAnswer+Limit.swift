internal import SMTP
internal import Upstreams

extension [RecipientAnswer] {
    /// Minimum of accepted recipients before an unnamed limit is assumed.
    private static let fewest = 2

    /// The answers, with an unnamed recipient limit recognised by its shape: the first recipients are accepted, and all
    /// others get the same unexplained refusal at RCPT. Those are retried in the next transaction.
    func spottingLimit() -> [RecipientAnswer] {
        guard let first = firstIndex(where: { $0.phase == .rcpt }), first >= Self.fewest,
            first > Self.fewest || first < count - 1
        else { return self }
        let fingerprint = ReplyFingerprint(self[first].reply)
        guard self[..<first].allSatisfy({ $0.phase == .dot }),
            self[first...].allSatisfy({ $0.mayBeLimit && ReplyFingerprint($0.reply) == fingerprint })
        else { return self }
        return self[..<first]
            + self[first...].map {
                RecipientAnswer(
                    recipient: $0.recipient, phase: $0.phase, reply: $0.reply,
                    verdict: Verdict(.recipient, .nextTransaction))
            }
    }
}

extension [RecipientAnswer] {
    /// The answers, with each saying something about an address only if it is about that one: a reply to the final dot is
    /// about all recipients of the transaction, one to MAIL or DATA about none.
    func sparingNeighbours() -> [RecipientAnswer] {
        guard contains(where: { $0.bounce != nil }) else { return self }
        let isAlone = count { $0.phase == .dot } == 1
        return map { answer in
            var answer = answer
            switch answer.phase {
            case .rcpt: break
            case .dot: if !isAlone { answer.bounce = nil }
            case .greeting, .auth, .mail, .data: answer.bounce = nil
            }
            return answer
        }
    }
}

extension RecipientAnswer {
    /// Whether this refuses the recipient at RCPT, and no rule knows why.
    fileprivate var mayBeLimit: Bool {
        guard phase == .rcpt, let verdict, verdict.scope == .recipient else { return false }
        switch verdict.action {
        case .secondOpinion, .nextUpstream: return true
        case .slowDown, .retryLater, .nextTransaction, .newSession, .fewerSessions, .fail: return false
        }
    }

    /// The same, where the upstream has no other session.
    var slowed: RecipientAnswer {
        guard verdict?.action == .fewerSessions else { return self }
        return RecipientAnswer(recipient: recipient, phase: phase, reply: reply, verdict: .slower)
    }
}
