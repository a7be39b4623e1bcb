/// A point in monotonic time, in nanoseconds since a start common to the whole process.
///
/// The state machines here own no clock: every call that depends on time takes the current instant as an argument.
package struct MonotonicInstant: Hashable, Comparable, Sendable {
    package let nanoseconds: Int64

    package init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    package static func < (left: MonotonicInstant, right: MonotonicInstant) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    package static func + (instant: MonotonicInstant, duration: Duration) -> MonotonicInstant {
        let parts = duration.components
        return MonotonicInstant(
            nanoseconds: instant.nanoseconds + parts.seconds * 1_000_000_000 + parts.attoseconds / 1_000_000_000)
    }

    package static func - (left: MonotonicInstant, right: MonotonicInstant) -> Duration {
        .nanoseconds(left.nanoseconds - right.nanoseconds)
    }
}

extension MonotonicInstant {
    /// Before anything else, but close enough for subtraction.
    package static let longAgo = MonotonicInstant(nanoseconds: -1 << 60)
}
