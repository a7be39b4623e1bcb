import Admin
import ArgumentParser
import Mail

/// `posthorse queue retry`.
struct QueueRetryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry",
        abstract: "Try waiting messages now.",
        discussion: """
            Queued and deferred recipients are due at once. Those that are held, scheduled or in doubt stay as they are: use \
            release or resolve.

            \(QueueOrderOptions.discussion)
            """)

    @OptionGroup var options: RelayOptions
    @OptionGroup var output: JSONOption
    @OptionGroup var order: QueueOrderOptions

    func validate() throws { try order.validateAll() }

    func run() async throws { try await QueueOrderExecution(.retry, order, options, output).run() }
}

/// `posthorse queue hold`.
struct QueueHoldCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hold",
        abstract: "Keep messages back until they are released.",
        discussion: """
            Waiting recipients become held, with the reason "operator". A recipient in doubt stays in doubt, but nothing is \
            sent to it until it is released or resolved.

            \(QueueOrderOptions.discussion)
            """)

    @OptionGroup var options: RelayOptions
    @OptionGroup var output: JSONOption
    @OptionGroup var order: QueueOrderOptions

    func validate() throws { try order.validateAll() }

    func run() async throws { try await QueueOrderExecution(.hold, order, options, output).run() }
}

/// `posthorse queue release`.
struct QueueReleaseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "release",
        abstract: "Send held or scheduled messages now.",
        discussion: """
            Held and scheduled recipients are due at once. A message whose content is damaged is held again.

            \(QueueOrderOptions.discussion)
            """)

    @OptionGroup var options: RelayOptions
    @OptionGroup var output: JSONOption
    @OptionGroup var order: QueueOrderOptions

    func validate() throws { try order.validateAll() }

    func run() async throws { try await QueueOrderExecution(.release, order, options, output).run() }
}

/// `posthorse queue drop`.
struct QueueDropCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drop",
        abstract: "Remove messages from the queue, silently or with a bounce.",
        discussion: """
            The message is removed for every recipient who has not received it yet. This cannot be undone: to keep a copy, \
            run queue export first.

            \(QueueOrderOptions.discussion)
            """)

    @OptionGroup var options: RelayOptions
    @OptionGroup var output: JSONOption
    @OptionGroup var order: QueueOrderOptions

    @Flag(help: "Bounce to each sender, except null senders and those who asked for no notice.")
    var bounce = false

    func validate() throws { try order.validateAll() }

    func run() async throws {
        var execution = try QueueOrderExecution(.drop, order, options, output)
        execution.document.bounce = bounce
        try await execution.run()
    }
}

/// `posthorse queue move`.
struct QueueMoveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "move",
        abstract: "Send messages through an upstream of your choice.",
        discussion: """
            Each message is due at once, and goes through this upstream whatever its route says, until it fails there. \
            Recipients that are held, scheduled or in doubt stay as they are.

            \(QueueOrderOptions.discussion)
            """)

    @OptionGroup var options: RelayOptions
    @OptionGroup var output: JSONOption
    @OptionGroup var order: QueueOrderOptions

    @Option(help: ArgumentHelp("The upstream.", valueName: "upstream"))
    var to: String

    func validate() throws { try order.validateAll() }

    func run() async throws {
        var execution = try QueueOrderExecution(.move, order, options, output)
        execution.document.to = to
        try await execution.run()
    }
}
