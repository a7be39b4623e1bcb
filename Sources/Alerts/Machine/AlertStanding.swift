package import Mail

/// How an alert stands about one subject.
package struct AlertStanding: Hashable, Sendable {
    /// A subject without a standing is ok.
    ///
    /// - `pending`: it holds since then, and not long enough. To `firing` when it has held for `for`; it ends when it
    ///   clears.
    /// - `firing`: it holds since then, and that is told. To `clearing` when it clears.
    /// - `clearing`: it held since `since`, and is over since `over`. To `firing` when it holds again, which is not told
    ///   again; it ends when it has been over for `clear_for`. Those who were told are told that, and nobody else.
    package enum Phase: Hashable, Sendable {
        case pending(since: Timestamp)
        case firing(since: Timestamp)
        case clearing(since: Timestamp, over: Timestamp)
    }

    package var phase: Phase
    /// The last that was found while it held; when it has ended, how it is instead.
    package var report: AlertReport
    /// When it was told last, be it to the log alone; nil if it has not been.
    package var toldAt: Timestamp?
    /// Those who have been told that it fires, or wait to be: they are told its end, whatever relay.conf says by then.
    package var sinks: Set<String> = []
    /// Those of them whom that could not be told: they are not told its end, and that it fires not before `repeat`.
    package var unaware: Set<String> = []
    /// Whether the log has it.
    package var isLogged = false

    package init(phase: Phase, report: AlertReport) {
        (self.phase, self.report) = (phase, report)
    }

    /// Those who know that it fires, or will.
    package var aware: Set<String> { sinks.subtracting(unaware) }

    package var since: Timestamp {
        switch phase {
        case .pending(let since), .firing(let since), .clearing(let since, _): since
        }
    }

    /// `pending`, `firing` or `clearing`.
    package var word: String {
        switch phase {
        case .pending: "pending"
        case .firing: "firing"
        case .clearing: "clearing"
        }
    }
}
