package import Mail

/// Which of the attempts that the spool has on record are under way, at one instant.
///
/// An attempt is on record before it begins, so that the final dot waits for no commit: the record alone says that it may
/// begin, and a message may be in line for long with one. This is the only place that says whether a message is being
/// delivered.
package struct RunningAttempts: Sendable {
    /// Names of the upstreams whose sessions have messages.
    private let inSessions: [QueueID: String]
    /// Messages whose final dot may have left, and whose outcome is not durable yet; nil if nobody knows.
    private let pastDot: Set<QueueID>?

    /// - Parameter pastDot: looked at after the sessions, so that no message is between the two.
    package init(inSessions: [QueueID: String], pastDot: Set<QueueID>?) {
        self.inSessions = inSessions
        self.pastDot = pastDot
    }

    /// Nothing is known: any attempt on record may be under way.
    package static let unknown = RunningAttempts(inSessions: [:], pastDot: nil)

    /// Whether a session has the message, or had it, and what has come of that is not recorded yet.
    func contains(_ attempt: OpenAttempt, of id: QueueID) -> Bool {
        guard let pastDot else { return true }
        return inSessions[id] == attempt.upstream || pastDot.contains(id)
    }
}

extension SpooledMessage {
    /// The message without an attempt on record that is not under way.
    package func during(_ attempts: RunningAttempts) -> SpooledMessage {
        guard let openAttempt, !attempts.contains(openAttempt, of: id) else { return self }
        var message = self
        message.openAttempt = nil
        return message
    }
}
