package import Mail

/// What the scheduler uses, derived from the recipients whenever they are written.
package struct DueState {
    /// Bit 0 of the column `flags`.
    package static let inDoubtFlag = 1
    /// Bit 1: nobody is left to be told of a delay.
    package static let warnedFlag = 2

    /// Nil if every recipient is final or held.
    package private(set) var nextAttemptAt: Timestamp?
    package private(set) var flags = Self.warnedFlag

    package init(_ recipients: [Recipient]) {
        for recipient in recipients {
            if recipient.isWaiting, !recipient.wasWarned { flags &= ~Self.warnedFlag }
            switch recipient.state {
            case .queued, .deferred, .scheduled: break
            case .inDoubt: flags |= Self.inDoubtFlag
            case .held, .delivered, .failed: continue
            }
            let due = recipient.nextAttemptAt ?? .distantPast
            nextAttemptAt = min(nextAttemptAt ?? due, due)
        }
    }
}
