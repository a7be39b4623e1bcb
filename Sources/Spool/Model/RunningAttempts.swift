package import Mail

/// Which attempts are under way, at one instant.
///
/// The spool's record alone does not say so. Where an attempt is recorded as it begins, or before, so that the final dot
/// waits for no commit, a message may be in line for long with one; where it is recorded at its dot, a session may have a
/// message for long without one. This is the only place that says whether a message is being delivered.
package struct RunningAttempts: Sendable {
    /// The attempts of the messages that sessions have.
    private let inSessions: [QueueID: OpenAttempt]
    /// Messages whose final dot may have left, and whose outcome is not durable yet; nil if nobody knows.
    private let pastDot: Set<QueueID>?

    /// - Parameter pastDot: looked at after the sessions, so that no message is between the two.
    package init(inSessions: [QueueID: OpenAttempt], pastDot: Set<QueueID>?) {
        self.inSessions = inSessions
        self.pastDot = pastDot
    }

    /// Nothing is known: any attempt on record may be under way.
    package static let unknown = RunningAttempts(inSessions: [:], pastDot: nil)

    /// The attempt of a message that is under way: a session has the message, or had it, and what has come of that is not
    /// recorded yet.
    ///
    /// - Parameter recorded: the attempt on record, if any.
    func attempt(of id: QueueID, recorded: OpenAttempt?) -> OpenAttempt? {
        if let attempt = inSessions[id] { return attempt.upstream == recorded?.upstream ? recorded : attempt }
        guard let recorded else { return nil }
        return pastDot?.contains(id) ?? true ? recorded : nil
    }
}

extension SpooledMessage {
    /// The message with the attempt that is under way, whatever is on record.
    package func during(_ attempts: RunningAttempts) -> SpooledMessage {
        let attempt = attempts.attempt(of: id, recorded: openAttempt)
        guard attempt != openAttempt else { return self }
        var message = self
        message.openAttempt = attempt
        return message
    }
}
