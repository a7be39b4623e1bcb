/// Words of a temporary problem, which some servers send with a permanent code.
enum PassingTrouble {
    /// In a refusal that no rule covers: mail waits if no second opinion is available.
    private static let hints = WordList(
        again + doubts + [
            "insufficient", "out of space", "directory", "lookup", "dns fail", "dns error", "dns timeout", "scanner",
            "unavailable", "not available", "time out", "database", "backend", "at this time", "at the moment",
            "right now", "currently", " busy", "exception", "processing error", "internal error", "system error",
            "is down", "cannot reach", "unable to reach", "unreachable", "unable to queue",
        ])

    /// In a refusal that a rule covers: it then counts as unknown.
    private static let doubts = [
        "temporar", "queue is full", "queue full", "disk full", "disk is full", "no space", "out of memory",
        "lookup fail", "lookup error", "lookup timed", "lookup timeout", "directory*unavailable", "directory*fail",
        "directory*error", "directory*down", "database*unavailable", "database*fail", "database*error", "ldap",
        "scanner*unavailable", "scanner*fail", "scanner*error", "scanner*down", "scanner*busy", "timed out", "timeout",
        "not respond", "connection lost", "connection refused", "could not connect", "cannot connect",
        "unable to connect", "failed to connect", "greylist", "graylist", "grey list", "grey-list", "overload",
        "too busy", "heavy load", "maintenance", "in progress",
    ]

    /// Likewise, but also said about mistyped addresses.
    private static let again = ["try again", "try later", "again later", "retry", " later", "resubmit"]

    private static let addressDoubts = WordList(doubts)
    private static let allDoubts = WordList(doubts + again)
    private static let addresses: [StatusPattern] = ["x.1.x"]

    static func isNamed(in reply: ReplySubject) -> Bool {
        hints.occurs(in: reply.text)
    }

    /// The words of a refusal that contradict its being final, although a rule covers it.
    static func contradiction(in reply: ReplySubject) -> String? {
        let isAboutAddress = reply.status.map { code in addresses.contains { $0.fits(code) } } ?? false
        return (isAboutAddress ? addressDoubts : allDoubts).first(in: reply.text)
    }
}

extension Verdict {
    /// The verdict, adjusted by the reply's own wording.
    func seen(in reply: ReplySubject) -> Verdict {
        guard action == .secondOpinion else { return self }
        return Verdict(
            scope, action, countsAgainstCircuit: countsAgainstCircuit, opensCircuit: opensCircuit,
            isPassing: PassingTrouble.isNamed(in: reply), isRefutable: isRefutable)
    }
}
