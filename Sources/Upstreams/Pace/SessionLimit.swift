internal import Mail

/// How many sessions a server allows at a time: as many as relay.conf, until it refuses one for being too many. Then it is
/// what was open beside it, and grows by one at a time.
///
/// The next refusal after a growth doubles the time until the following one.
///
/// A value without a clock.
package struct SessionLimit: Sendable {
    /// Refusals within this time of each other are about the same burst of sessions.
    static let burst = Duration.seconds(1)
    /// Time until the limit grows, at first and at most.
    package static let firstGrowth = Duration.seconds(30)
    package static let longestGrowth = Duration.seconds(1800)

    /// As in relay.conf.
    package private(set) var ceiling: Int
    /// What the server allows; nil if it has refused none, or none for long enough.
    package private(set) var learned: Int?
    private var growth = (at: MonotonicInstant.longAgo, interval: SessionLimit.firstGrowth)
    private var lastRefusal = MonotonicInstant.longAgo

    package init(ceiling: Int) {
        self.ceiling = ceiling
    }

    package var value: Int { learned ?? ceiling }

    /// relay.conf allows another number.
    package mutating func replace(ceiling: Int) {
        self.ceiling = ceiling
        if let learned, learned >= ceiling { self = SessionLimit(ceiling: ceiling) }
    }

    /// The server has refused a session for being one too many.
    ///
    /// - Parameter open: the sessions beside it.
    package mutating func refused(open: Int, now: MonotonicInstant) {
        if let learned, now - lastRefusal >= Self.burst {
            growth.interval = open < learned ? growth.interval * 2 : growth.interval
            growth.interval = min(growth.interval, Self.longestGrowth)
        }
        learned = max(1, min(open, value))
        lastRefusal = now
        growth.at = now + growth.interval
    }

    /// Time has passed.
    ///
    /// - Parameter step: by how much it grows when it is time to.
    package mutating func grow(by step: Int = 1, now: MonotonicInstant) {
        guard let learned, growth.at <= now else { return }
        growth.at = now + growth.interval
        if learned + step < ceiling {
            self.learned = learned + step
        } else {
            self = SessionLimit(ceiling: ceiling)
        }
    }
}
