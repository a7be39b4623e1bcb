import Admin
import ArgumentParser
import Mail

/// `posthorse queue retry`.
struct QueueRetryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry",
        abstract: "Try messages that wait for their time now.",
        discussion: """
            Recipients that are queued or deferred are due at once. Those that are held, scheduled or in doubt stay as they \
            are: release and resolve are for these.

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
            Recipients that are not delivered, failed or in doubt become held, with the reason "operator". One that is in \
            doubt stays so, and nothing is sent for it before it is released or resolved.

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
        abstract: "Send messages that are held or scheduled now.",
        discussion: """
            Recipients that are held or scheduled are due at once. Content that is damaged is held again.

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
            The message is gone for every recipient that does not have it. There is no way back: queue export writes \
            messages to files first.

            \(QueueOrderOptions.discussion)
            """)

    @OptionGroup var options: RelayOptions
    @OptionGroup var output: JSONOption
    @OptionGroup var order: QueueOrderOptions

    @Flag(help: "Tell the senders, by a bounce; also about recipients that failed and whose senders were never told.")
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
            The message is bound to this upstream, whatever its route says, until it fails there; and it is due at once. \
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
