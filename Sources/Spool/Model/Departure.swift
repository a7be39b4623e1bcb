package import Mail

/// A message that leaves the spool: every recipient is delivered, failed or dropped.
package struct Departure: Sendable {
    /// With the last state of each recipient.
    package let message: SpooledMessage
    /// Every attempt on record, oldest first; its times are those of the system's clock.
    package let attempts: [AttemptRecord]
    /// Indexes of the recipients that an operator has dropped.
    package let dropped: Set<Int>
    /// By the system's clock.
    package let at: Timestamp

    package init(message: SpooledMessage, attempts: [AttemptRecord], dropped: Set<Int> = [], at: Timestamp) {
        self.message = message
        self.attempts = attempts
        self.dropped = dropped
        self.at = at
    }
}

/// A message as its last settlement leaves it.
package final class LastState: Sendable {
    package let message: SpooledMessage
    /// Those that end with it.
    package let attempts: [AttemptRecord]

    package init(_ message: SpooledMessage, _ attempts: [AttemptRecord]) {
        self.message = message
        self.attempts = attempts
    }
}

/// Writes what is kept about messages that have left; the spool stores it in the commit that makes them leave, and does
/// not look into it.
///
/// Entries are numbered in the order of their commits, without gaps.
package protocol DepartureRecorder: Sendable {
    /// Called once, when the spool is opened and its directory locked.
    ///
    /// - Returns: the number of the last entry that has been moved out of the spool; 0 for none.
    func open(in directory: String, _ files: any FileLayer) throws(SpoolError) -> Int

    /// Whether messages that leave are recorded.
    var isRecording: Bool { get }

    /// Whether their content is kept with their entries.
    var keepsContent: Bool { get }

    /// Appends the entry about a message; called on the writer thread, again if a commit is repeated.
    func encode(_ departure: Departure, into entries: inout [UInt8])
}

/// Entries of one commit.
package struct DepartureBatch: Sendable {
    /// Number of the first one.
    package let first: Int
    /// Number of the last one.
    package let last: Int
    /// When they were committed, by the system's clock.
    package let at: Timestamp
    /// One after the other, as ``DepartureRecorder`` has written them.
    package let entries: [UInt8]

    package init(first: Int, last: Int, at: Timestamp, entries: [UInt8]) {
        (self.first, self.last, self.at, self.entries) = (first, last, at, entries)
    }
}
