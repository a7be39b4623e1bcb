import ArgumentParser
import Drill

/// Options of `posthorse drill --lost-mail`.
struct LostMailOptions: ParsableArguments {
    @Flag(
        help: """
            Rehearse something else, apart from the running relay: an upstream says 250 and delivers nothing, round trips \
            find it out, and its mail goes elsewhere. Relay, upstreams and mailbox are the drill's own.
            """)
    var lostMail = false
    @Option(help: ArgumentHelp("With --lost-mail: every of the round trip.", valueName: "duration"))
    var every = DurationArgument(.seconds(2))
    @Option(help: ArgumentHelp("With --lost-mail: missing_after of the round trip.", valueName: "duration"))
    var missingAfter = DurationArgument(.seconds(10))
    @Option(help: ArgumentHelp("With --lost-mail: missing_threshold of the round trip.", valueName: "n"))
    var missingThreshold = 2

    func validate() throws {
        guard every.duration >= .seconds(1) else { throw ValidationError("--every must be at least 1s.") }
        guard missingAfter.duration >= .seconds(1), missingAfter.duration <= .seconds(3600) else {
            throw ValidationError("--missing-after must be between 1s and 1h.")
        }
        guard (1...100).contains(missingThreshold) else {
            throw ValidationError("--missing-threshold must be between 1 and 100.")
        }
    }

    var settings: LossSettings {
        LossSettings(
            every: every.duration, missingAfter: missingAfter.duration, missingThreshold: missingThreshold)
    }
}
