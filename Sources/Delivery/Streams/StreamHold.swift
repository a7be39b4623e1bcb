package import Mail
internal import Upstreams

/// What keeps mail of a stream from upstreams, at one instant.
package struct StreamHold: Hashable, Sendable {
    package enum Cause: Hashable, Sendable {
        /// It is paused.
        case pause
        /// It is new: more of it goes once enough of what went has an outcome.
        case canary
        /// Its rate is used up.
        case rate
    }

    package let cause: Cause
    /// When the next message goes, by the system's clock; nil if no time decides that.
    package let until: Timestamp?
    /// Messages that it has let through.
    private let admitted: Set<QueueID>
    /// Whether messages that were tried before need no turn.
    private let isNew: Bool

    package init(_ cause: Cause, until: Timestamp? = nil, admitted: Set<QueueID> = [], isNew: Bool = false) {
        (self.cause, self.until, self.admitted, self.isNew) = (cause, until, admitted, isNew)
    }

    /// Whether a message of the stream, which is due, has to wait for it.
    package func keeps(_ id: QueueID, wasTried: Bool) -> Bool {
        cause == .pause || !admitted.contains(id) && !(isNew && wasTried)
    }
}

/// The same as its record knows it.
enum StreamRestraint: Hashable {
    case pause, canary
    case rate(until: MonotonicInstant)

    /// - Parameter wall: the system clock's time at an instant.
    func told(_ wall: (MonotonicInstant) -> Timestamp) -> (cause: StreamHold.Cause, until: Timestamp?) {
        switch self {
        case .pause: (.pause, nil)
        case .canary: (.canary, nil)
        case .rate(let until): (.rate, wall(until))
        }
    }
}
