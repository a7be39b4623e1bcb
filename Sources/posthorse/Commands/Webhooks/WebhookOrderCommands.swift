import Admin
import ArgumentParser
import Console

/// What `webhook resend` and `webhook drop` take.
struct WebhookOrderOptions: ParsableArguments {
    @Flag(help: "Every dead event; drop: every event, if relay.conf no longer names the webhook.")
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
            tell. They may come after later events about the same message. Exits with 65 if a named event is not dead, or \
            relay.conf no longer names the webhook, and 66 if there is no such webhook or event. Each event that stays as it \
            is is named on standard error.
            """)

    @OptionGroup var options: RelayOptions
    @OptionGroup var output: JSONOption
    @OptionGroup var order: WebhookOrderOptions

    func run() async throws {
        let relay = try RelayClient(options)
        let result = try await WebhookOrder(.resend, order.name, relay).run(order.document)
        try WebhookOrder.print(result, order.dryRun ? "would be sent again" : "will be sent again", isJSON: output.json)
        try WebhookOrder.check(result)
    }
}

/// `posthorse webhook drop`.
struct WebhookDropCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drop",
        abstract: "Remove events that no application will get.",
        discussion: """
            Named events go whether they are dead or on their way. With --all, every dead event goes; nothing is sent to a \
            webhook that relay.conf no longer names, so of that one the waiting events go, too. The command asks for \
            confirmation and says how many there are; without a terminal, it needs --yes. Exits with 64 if it cannot ask, \
            66 if there is no such webhook or event, and 75 if the answer was no. Each event that is not there is named on \
            standard error.
            """)

    @OptionGroup var options: RelayOptions
    @OptionGroup var output: JSONOption
    @OptionGroup var order: WebhookOrderOptions

    @Flag(help: "Do not ask for confirmation.")
    var yes = false

    func run() async throws {
        let relay = try RelayClient(options)
        let drop = WebhookOrder(.drop, order.name, relay)
        if order.all, !order.dryRun { try await consent(drop, relay) }
        let result = try await drop.run(order.document)
        try WebhookOrder.print(result, order.dryRun ? "would be dropped" : "dropped", isJSON: output.json)
        try WebhookOrder.check(result)
    }

    private func consent(_ drop: WebhookOrder, _ relay: RelayClient) async throws {
        var rehearsal = order.document
        rehearsal.dryRun = true
        let count = try await drop.run(rehearsal).events
        guard count > 0 else { return }
        let webhook = try await WebhookDocument.named(order.name, relay)
        try Consent.ask(WebhookOrder.question(count, webhook), isGiven: yes)
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

    func run(_ document: WebhookOrderDocument) async throws -> WebhookResultDocument {
        try await relay.ask(isPatient: true) {
            try await $0.post(
                document, to: AdminPath.webhookOrder(name, verb), for: WebhookResultDocument.self)
        }
    }

    /// - Parameter webhook: nil if it is gone by now.
    static func question(_ count: Int, _ webhook: WebhookDocument?) -> String {
        guard let webhook, webhook.receiver == nil else {
            return "This would drop \(Quantity.count(count, "dead event"))."
        }
        let waiting = Quantity.count(webhook.waiting, "waiting event")
        return "This would drop all events of \(webhook.name), which relay.conf no longer names: \(waiting), "
            + "\(Quantity.count(webhook.dead, "dead event"))."
    }

    static func print(_ result: WebhookResultDocument, _ words: String, isJSON: Bool) throws {
        var standardOutput = Output(loss: .ignored)
        if isJSON {
            standardOutput.write(try AdminJSON.line(result))
        } else {
            let count = result.events
            standardOutput.line("\(Quantity.grouped(count)) \(count == 1 ? "event" : "events") \(words).")
        }
        standardOutput.flush()
    }

    /// Reports on standard error what is not done.
    ///
    /// - Throws: ``Failure`` unless everything that was named is done.
    static func check(_ result: WebhookResultDocument) throws(Failure) {
        let others = result.results.filter { $0.result != .done }
        for line in others { Failure.report("\(line.number): \(line.reason ?? line.result.rawValue)") }
        if others.contains(where: { $0.result == .missing }) { throw Failure(.noSuchMessage, "") }
        if !others.isEmpty { throw Failure(.badInput, "") }
    }
}
