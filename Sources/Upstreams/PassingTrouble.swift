/// Words of a trouble that passes, which some servers send with a code that says it never will.
enum PassingTrouble {
    private static let words = [
        "temporar", "try again", "try later", "retry", " later", "queue is full", "queue full", "disk full",
        "disk is full", "out of space", "no space", "insufficient", "directory", "lookup fail", "lookup error",
        "lookup timed", "dns ", "scanner", "not available", "unavailable", "timed out", "timeout", "time out",
        "greylist", "graylist", "grey list", "grey-list", "overload", "too busy", " busy", "maintenance", "database",
        "backend", "in progress", "at this time", "right now", "currently",
    ].map { Glob(anywhere: $0) }

    static func isNamed(in reply: ReplySubject) -> Bool {
        words.contains { $0.matches(reply.text) }
    }
}

extension Verdict {
    /// The verdict, and what the reply's own words add to it.
    func seen(in reply: ReplySubject) -> Verdict {
        guard action == .secondOpinion else { return self }
        return Verdict(
            scope, action, countsAgainstCircuit: countsAgainstCircuit, opensCircuit: opensCircuit,
            isPassing: PassingTrouble.isNamed(in: reply))
    }
}
