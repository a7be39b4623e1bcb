package import Mail

/// Replies by which the provider of a recipient's mailbox asks for less mail. A server that puts mail off to see whether it
/// comes again (greylisting), or that has no room, asks for nothing.
package enum PaceRequest {
    /// Whether a reply asks for less.
    ///
    /// - Parameter phase: of the command that it answers.
    package static func isIn(_ reply: Reply, at phase: OutcomePhase) -> Bool {
        guard reply.code / 100 == 4 else { return false }
        let subject = ReplySubject(reply, at: phase)
        return patterns.contains { $0.fits(subject) }
    }

    private static let others = ReplyPattern.Exceptions(texts: ["greylist", "graylist", "grey list", "grey-list"])

    private static let patterns = [
        ReplyPattern(statuses: ["x.7.28", "4.7.500-699", "x.4.5", "x.2.120", "x.2.121", "x.2.122"], except: others),
        ReplyPattern(
            "throttl", "rate limit", "ratelimit", "rate-limit", "rate exceeded", "unusual rate", "at a rate",
            "sending rate", "message rate", "too many messages", "too many emails", "too many mails",
            "too many requests", "too many recipients*hour", "per second", "per minute", "per hour", "slow down",
            "too fast", "too quickly", "too much mail", "too frequent", "unexpected volume", "excessive volume",
            "server busy", "[ts0", "[tss", except: others),
    ]
}
