import Admin
import ArgumentParser
import Console
import NIOCore
import Telemetry

/// `posthorse webhook list`.
struct WebhookListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List webhooks, or the dead events of one.",
        discussion: """
            Without a name: each webhook, how its receiver stands, and how many events wait or are dead. With a name: its \
            dead events, oldest first, or with --waiting those that are on their way.
            """)

    @OptionGroup var options: RelayOptions
    @OptionGroup var output: JSONOption

    @Flag(help: "Events that are on their way, instead of dead ones.")
    var waiting = false
    @Option(help: ArgumentHelp("At most this many.", valueName: "number"))
    var limit: Int?
    @Argument(help: "Name of a webhook.")
    var name: String?

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit must be at least 1.") }
        if name == nil, waiting || limit != nil {
            throw ValidationError("--waiting and --limit are for the events of a webhook: name it.")
        }
    }

    func run() async throws {
        var standardOutput = Output()
        let state = waiting ? "waiting" : "dead"
        let path = name.map { AdminPath.webhookEvents($0, state: state, limit: limit) } ?? AdminPath.webhooks
        if output.json {
            try await RelayClient(options).forEachLine(at: path) { line in
                standardOutput.write(octets: line.readableBytesView)
                standardOutput.write("\n")
            }
        } else if name == nil {
            try await webhooks(at: path, to: &standardOutput)
        } else {
            try await events(at: path, state, to: &standardOutput)
        }
        standardOutput.flush()
    }

    private func webhooks(at path: String, to output: inout Output) async throws {
        let table = WebhookTable(terminal: .current(), now: EventLog.wallClock())
        var count = 0
        try await RelayClient(options).forEachLine(at: path) { line in
            if count == 0 { output.line(table.header) }
            count += 1
            let webhook = try AdminJSON.decode(WebhookDocument.self, from: line)
            for row in table.rows(of: webhook) { output.line(row) }
        }
        if count == 0 { output.line("No webhooks.") }
    }

    private func events(at path: String, _ state: String, to output: inout Output) async throws {
        let table = WebhookEventTable(terminal: .current(), now: EventLog.wallClock())
        var count = 0
        try await RelayClient(options).forEachLine(at: path) { line in
            if count == 0 { output.line(table.header) }
            count += 1
            let event = try AdminJSON.decode(WebhookEventDocument.self, from: line)
            for row in table.rows(of: event) { output.line(row) }
        }
        output.line(Self.summary(count, of: try await total(besides: count), state))
    }

    /// How many there are; asked only where --limit may have cut the list.
    private func total(besides count: Int) async throws -> Int {
        guard let name, count == limit else { return count }
        let webhook = try await WebhookDocument.named(name, RelayClient(options))
        return (waiting ? webhook?.waiting : webhook?.dead) ?? count
    }

    static func summary(_ count: Int, of total: Int, _ state: String) -> String {
        guard count > 0 else { return "No \(state) events." }
        guard total > count else { return Quantity.count(count, "\(state) event") }
        return "\(Quantity.grouped(count)) of \(Quantity.count(total, "\(state) event"))"
    }
}

extension WebhookDocument {
    /// A webhook as the relay has it now; nil if it has none with this name.
    static func named(_ name: String, _ relay: RelayClient) async throws -> WebhookDocument? {
        var found: WebhookDocument?
        try await relay.forEachLine(at: AdminPath.webhooks) { line in
            let webhook = try AdminJSON.decode(WebhookDocument.self, from: line)
            if webhook.name == name { found = webhook }
        }
        return found
    }
}
