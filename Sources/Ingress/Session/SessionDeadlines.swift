internal import NIOCore

/// When a session ends for lack of progress; one timer serves all deadlines.
struct SessionDeadlines {
    /// Deadline for the next command, or the next octets of content.
    var activity = NIODeadline.distantFuture
    /// Deadline for the open transaction.
    var transaction = NIODeadline.distantFuture
    /// When the timer fires; nil if there is none.
    var armed: NIODeadline?

    var next: NIODeadline { min(activity, transaction) }
}
