import Admin
import ArgumentParser
import Console
import Dialogue
import Glibc
import Mail

/// `posthorse trace`.
struct TraceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trace",
        abstract: "Show the SMTP conversations of one upstream, client or recipient as they happen.",
        discussion: """
            Credentials are never shown: of a login, only AUTH, the mechanism and the replies that end it. Content is shown as \
            its size; --content shows the first 64 KiB of each message.

            It costs mail nothing but a little CPU, so it may run in production: more than 500 lines a second are dropped, \
            and counted. Who traces what is in the audit log. Ends with Ctrl-C, or after the time of --for.
            """)

    @OptionGroup var options: RelayOptions
    @OptionGroup var output: JSONOption
    @OptionGroup var why: ReasonOption

    @Option(help: ArgumentHelp("All sessions to this upstream, probes too.", valueName: "name"))
    var upstream: String?
    @Option(
        help: ArgumentHelp("All sessions of clients with this address, or in this network.", valueName: "cidr"),
        transform: Self.network)
    var client: IPNetwork?
    @Option(
        help: ArgumentHelp(
            "All transactions with such a recipient, of clients and with upstreams: an address; * stands for any text.",
            valueName: "pattern"), transform: Self.pattern)
    var recipient: RecipientPattern?
    @Flag(help: "Show the beginning of each message's content, too.")
    var content = false
    @Option(
        name: .customLong("for"), help: ArgumentHelp("How long, at most 24h.", valueName: "time"))
    var duration = DurationArgument(TraceOrder.usualDuration)

    @Sendable
    private static func network(_ text: String) throws -> IPNetwork {
        guard let network = IPNetwork(text) else {
            throw ValidationError("--client takes an address or a network, such as 192.0.2.7 or 10.0.0.0/8.")
        }
        return network
    }

    @Sendable
    private static func pattern(_ text: String) throws -> RecipientPattern {
        guard let pattern = RecipientPattern(text) else {
            throw ValidationError("--recipient takes an address, in which * stands for any text.")
        }
        return pattern
    }

    func validate() throws {
        guard filters.count == 1 else {
            throw ValidationError(
                filters.isEmpty
                    ? "Say whose conversations to show: --upstream NAME, --client ADDRESS or --recipient ADDRESS."
                    : "--upstream, --client and --recipient do not go together: give one.")
        }
        guard duration.duration <= TraceOrder.longest else { throw ValidationError("--for is at most 24h.") }
    }

    private var filters: [TraceFilter] {
        [upstream.map { .upstream($0) }, client.map { .client($0) }, recipient.map { .recipient($0) }].compactMap(
            \.self)
    }

    func run() async throws {
        let order = TraceOrder(filters[0], showsContent: content, duration: duration.duration)
        // What was shown has been written by then.
        let interrupt = SignalWatch([SIGINT, SIGTERM]) { Glibc.exit(0) }
        defer { interrupt.cancel() }
        var display = TraceDisplay("\(order.filter) for \(duration.defaultValueDescription)", isJSON: output.json)
        try await RelayClient(options).ask { client in
            try await client.followEvents(at: AdminPath.trace(TraceQuestion(order, reason: why.text))) { events in
                display.begin()
                for event in events { try display.show(event) }
                display.flush()
            }
        }
        if let end = display.end { throw end }
    }
}
