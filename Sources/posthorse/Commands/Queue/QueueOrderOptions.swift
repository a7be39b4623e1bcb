import Admin
import ArgumentParser
import Mail

/// What all orders about messages take.
struct QueueOrderOptions: ParsableArguments {
    static let discussion = """
        Each message is changed as a whole, and the change is on disk before its result is printed. While an attempt is \
        running, the command waits for its outcome, for at most --wait.

        With a filter, the command asks for confirmation and says how many messages match; without a terminal, it needs \
        --yes. Exits with 0 if everything is done or nothing matched, 64 if it cannot ask, 65 if a message named by ID stays \
        as it is, 66 if one is not in the queue, 69 if the relay is not running, and 75 if a message could not be changed \
        now or the answer was no. Each message that was not changed is named on standard error.

        \(QueueFilterOptions.discussion)
        """

    @OptionGroup var filter: QueueFilterOptions

    @Argument(help: QueueFilterOptions.idsHelp, transform: QueueID.argument)
    var ids: [QueueID] = []
    @Flag(help: "Every message in the queue.")
    var all = false
    @OptionGroup var reason: ReasonOption
    @Flag(help: "Print what would be changed, and change nothing.")
    var dryRun = false
    @Flag(help: "Do not ask for confirmation.")
    var yes = false
    @Option(help: ArgumentHelp("How long to wait for attempts that run.", valueName: "duration"))
    var wait = DurationArgument(.seconds(10))

    func validateAll() throws {
        try filter.validate(ids)
        if ids.isEmpty, filter.isEmpty, !all {
            throw ValidationError("Name queue IDs, or give a filter such as --state deferred, or --all.")
        }
        if all, !ids.isEmpty || !filter.isEmpty { throw ValidationError("--all is for orders without IDs and filter.") }
        if wait.duration > QueueOrderDocument.maxWait {
            throw ValidationError("--wait may be at most \(QueueOrderDocument.maxWait.components.seconds)s.")
        }
    }

    /// Whether the messages were not named one by one.
    var isBulk: Bool { ids.isEmpty }
}
