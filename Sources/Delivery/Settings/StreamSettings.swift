package import Mail

/// One `[[stream]]` of relay.conf: what streams of this name may do.
package struct StreamSettings: Hashable, Sendable {
    /// The name of a stream, or a pattern with `*`; the first table that fits a stream applies to it.
    package var name: String
    /// Share of recipients whose failure is hard, 0 to 1, from which on the relay pauses a stream; 0 for never.
    package var pauseAtBounceRate = 0.0
    /// Recipients with a final outcome that ``pauseAtBounceRate`` and each step of ``canary`` need.
    package var minMessages = 100
    /// Increasing percentages of a new stream's mail that are handed over, step by step; empty for all of it at once.
    package var canary: [Int] = []
    /// Messages that may be handed over; nil is no limit.
    package var maxRate: Rate?

    package init(name: String) {
        self.name = name
    }

    /// The same for streams that share one record: among them nobody can tell a new one, so they have no canary; too many
    /// hard failures of all of them pause them all.
    var shared: StreamSettings {
        var shared = self
        shared.canary = []
        if !canary.isEmpty, pauseAtBounceRate == 0 { shared.pauseAtBounceRate = Self.canaryBounceRate }
        return shared
    }

    /// Whether it can make mail wait.
    package var isLimit: Bool { !canary.isEmpty || maxRate != nil }

    /// How far back the bounce rate of a stream looks.
    package static let window = Duration.seconds(3600)
    /// The bounce rate at which a canary without ``pauseAtBounceRate`` stops.
    package static let canaryBounceRate = 0.1
}
