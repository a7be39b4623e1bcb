import Admin
import ArgumentParser
import Console

/// What `webhook resend` and `webhook drop` take.
struct WebhookOrderOptions: ParsableArguments {
    @Flag(help: "Every dead event.")
    var all = false
    @Option(help: "Why: for the log and the audit log.")
    var reason: String?
    @Flag(help: "Print how many events it would be, and change nothing.")
    var dryRun = false
    @Argument(help: "Name of the webhook.")
    var name: String
    @Argument(help: "Numbers of events, as \"webhook list\" shows them.")
    var numbers: [Int] = []

    func validate() throws {
        if numbers.isEmpty != all { throw ValidationError("Give numbers of events, or --all.") }
        if let reason, reason.count > UpstreamControlDocument.maxReason {
            throw ValidationError("--reason may have at most \(UpstreamControlDocument.maxReason) characters.")
        }
    }

    var document: WebhookOrderDocument {
        var document = WebhookOrderDocument()
        (document.reason, document.dryRun) = (reason, dryRun)
        if all { document.all = true } else { document.events = numbers }
        return document
    }
}

/// `posthorse webhook resend`.
struct WebhookResendCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resend",
        abstract: "Send dead events again.",
        discussion: """
            They are sent as if for the first time, with the same webhook-id, so that a receiver that has one of them can \
            tell. They may come after later events about the same message. Exits with 66 if there is no such webhook.
            """)

    @OptionGroup var options: RelayOptions
    @OptionGroup var output: JSONOption
    @OptionGroup var order: WebhookOrderOptions

    func run() async throws {
        let relay = try RelayClient(options)
        let count = try await WebhookOrder(.resend, order.name, relay).run(order.document)
        WebhookOrder.print(count, order.dryRun ? "would be sent again" : "will be sent again", isJSON: output.json)
    }
}

/// `posthorse webhook drop`.
struct WebhookDropCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drop",
        abstract: "Remove events that no application will get.",
        discussion: """
            Named events go whether they are dead or on their way. With --all, the command asks for confirmation and says \
            how many dead events there are; without a terminal, it needs --yes. Exits with 64 if it cannot ask, 66 if there \
            is no such webhook, and 75 if the answer was no.
            """)

    @OptionGroup var options: RelayOptions
    @OptionGroup var output: JSONOption
    @OptionGroup var order: WebhookOrderOptions

    @Flag(help: "Do not ask for confirmation.")
    var yes = false

    func run() async throws {
        let relay = try RelayClient(options)
        let drop = WebhookOrder(.drop, order.name, relay)
        if order.all, !order.dryRun {
            var rehearsal = order.document
            rehearsal.dryRun = true
            let count = try await drop.run(rehearsal)
            if count > 0 {
                try Consent.ask("This would drop \(Quantity.count(count, "dead event")).", isGiven: yes)
            }
        }
        let count = try await drop.run(order.document)
        WebhookOrder.print(count, order.dryRun ? "would be dropped" : "dropped", isJSON: output.json)
    }
}

/// An order about events, and its answer.
struct WebhookOrder {
    private let verb: WebhookVerb
    private let name: String
    private let relay: RelayClient

    init(_ verb: WebhookVerb, _ name: String, _ relay: RelayClient) {
        (self.verb, self.name, self.relay) = (verb, name, relay)
    }

    /// - Returns: how many events it was about.
    func run(_ document: WebhookOrderDocument) async throws -> Int {
        try await relay.ask(isPatient: true) {
            try await $0.post(
                document, to: AdminPath.webhookOrder(name, verb), for: WebhookResultDocument.self)
        }.events
    }

    static func print(_ count: Int, _ words: String, isJSON: Bool) {
        var standardOutput = Output(loss: .ignored)
        if isJSON {
            standardOutput.write("{\"events\":\(count)}\n")
        } else {
            standardOutput.line("\(Quantity.grouped(count)) \(count == 1 ? "event" : "events") \(words).")
        }
        standardOutput.flush()
    }
}
