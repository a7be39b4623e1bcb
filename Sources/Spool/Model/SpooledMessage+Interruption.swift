extension SpooledMessage {
    /// The message after closing an attempt that was running when the relay stopped: its recipients that are not final
    /// are in doubt from the start of the attempt, if it may have reached its final dot.
    package func interrupted(_ evidence: DotJournal.Evidence = .none) -> SpooledMessage {
        guard let attempt = openAttempt else { return self }
        var message = self
        message.openAttempt = nil
        guard evidence.allowsDot(of: id) else { return message }
        for index in attempt.recipients where recipients.indices.contains(index) && !recipients[index].isFinal {
            message.recipients[index].recordAttempt(by: attempt.upstream, Self.interruptedReply)
            message.recipients[index].markInDoubt(at: attempt.upstream, since: attempt.startedAt)
            message.recipients[index].resolution = nil
        }
        return message
    }

    package static let interruptedReply = "the relay stopped while this attempt ran"
}
