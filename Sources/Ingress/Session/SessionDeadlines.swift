internal import NIOCore

/// When a session ends for want of progress; one timer serves all of it.
struct SessionDeadlines {
    /// The next command, or the next octets of content, must have come by then.
    var activity = NIODeadline.distantFuture
    /// The open transaction must have ended by then.
    var transaction = NIODeadline.distantFuture
    /// When the timer fires; nil while there is none.
    var armed: NIODeadline?

    var next: NIODeadline { min(activity, transaction) }
}
