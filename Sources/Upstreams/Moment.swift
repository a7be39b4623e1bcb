/// A point of monotonic time, in nanoseconds since some start that is the same for all moments of a process.
///
/// The machines here own no clock: every call that depends on time takes the present moment as an argument.
package struct Moment: Hashable, Comparable, Sendable {
    package let nanoseconds: Int64

    package init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    package static func < (left: Moment, right: Moment) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    package static func + (moment: Moment, duration: Duration) -> Moment {
        let parts = duration.components
        return Moment(
            nanoseconds: moment.nanoseconds + parts.seconds * 1_000_000_000 + parts.attoseconds / 1_000_000_000)
    }

    package static func - (left: Moment, right: Moment) -> Duration {
        .nanoseconds(left.nanoseconds - right.nanoseconds)
    }
}

extension Moment {
    /// Before anything, and yet near enough to be subtracted.
    package static let longAgo = Moment(nanoseconds: -1 << 60)
}
