import Admin
import ArgumentParser
import Mail
import Suppression
import Telemetry

/// What changes of the suppression list take.
struct SuppressionChangeOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Only for mail of this route.", valueName: "name"))
    var route: String?
    @Option(help: "Why: kept with new suppressions, and for the log.")
    var reason: String?
    @Flag(help: "Print what would be changed, and change nothing.")
    var dryRun = false

    func validate() throws {
        if let reason, reason.count > UpstreamControlDocument.maxReason {
            throw ValidationError("--reason may have at most \(UpstreamControlDocument.maxReason) characters.")
        }
    }
}

/// When new suppressions end.
struct SuppressionExpiryOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "How long it lasts, such as 30d; by default until it is removed.", valueName: "duration"))
    var expires: DurationArgument?

    /// RFC 3339; nil for never.
    var moment: String? { expires.map { (EventLog.wallClock() + $0.duration).rfc3339 } }
}

/// Selects suppressions.
struct SuppressionFilterOptions: ParsableArguments {
    @Option(help: "Only those from this source: operator, import, hard_bounces or soft_bounces.")
    var source: SuppressionSource?
    @Option(help: ArgumentHelp("Only those with this text in their pattern.", valueName: "text"))
    var match: String?
    @Option(help: ArgumentHelp("Only those added at or after: \(MomentArgument.help).", valueName: "moment"))
    var since: MomentArgument?

    var isEmpty: Bool { source == nil && match == nil && since == nil }

    /// For the query of a listing.
    var words: [(name: String, value: String?)] {
        [("source", source?.rawValue), ("match", match), ("since", since?.moment.rfc3339)]
    }
}

extension SuppressionSource: ExpressibleByArgument {}
