import Admin
import ArgumentParser
import Console
import Delivery
import Mail
import NIOCore
import Telemetry

/// Sends one order about messages to the relay, and reports the results.
struct QueueOrderExecution {
    var document: QueueOrderDocument
    private let verb: QueueVerb
    private let order: QueueOrderOptions
    private let options: RelayOptions
    private let isJSON: Bool

    init(_ verb: QueueVerb, _ order: QueueOrderOptions, _ options: RelayOptions, _ output: JSONOption) throws {
        self.verb = verb
        self.order = order
        self.options = options
        isJSON = output.json
        document = QueueOrderDocument()
        document.reason = order.reason
        document.wait = order.wait.duration
        if order.isBulk { document.filter = order.filter.filter([]) } else { document.ids = order.ids }
    }

    func run() async throws {
        if order.dryRun { return try await rehearse() }
        if order.isBulk, try await !consent() { return }
        var outcome = QueueOrderOutcome(verb, isBulk: order.isBulk, bounces: document.bounce ?? false, to: document.to)
        var output = Output(loss: .ignored)
        try await RelayClient(options).forEachLine(posting: document, to: AdminPath.order(verb)) { line in
            try outcome.add(line)
            guard isJSON else { return }
            output.write(octets: line.readableBytesView)
            output.write("\n")
        }
        if !isJSON { output.line(outcome.summary) }
        output.flush()
        try outcome.check()
    }

    // MARK: - Before

    /// Whether to go on; asks with the number of messages.
    ///
    /// - Throws: ``Failure`` without a terminal and without `--yes`.
    private func consent() async throws -> Bool {
        let client = try RelayClient(options)
        let question = ListingQuestion(order.filter.filter([]))
        let all = try await client.document(CountDocument.self, at: AdminPath.queueCount(question)).messages
        let count = min(all, order.filter.limit ?? .max)
        guard count > 0 else {
            if !isJSON { Self.print("No messages.") }
            return false
        }
        try Consent.ask("This would \(verb.phrase(count, document)).", isGiven: order.yes)
        return true
    }

    /// Lists the messages that the order would be about, with what would happen to each.
    private func rehearse() async throws {
        let reader = try QueueReader(options)
        var question = ListingQuestion(order.filter.filter(order.ids))
        question.filter.ids = order.ids.isEmpty ? nil : Set(order.ids)
        var (count, missing) = (0, Set(order.ids))
        var output = Output()
        var table = QueueTable(terminal: .current(), now: EventLog.wallClock())
        try await reader.forEachLine(question) { line, source in
            let message = try AdminJSON.decode(MessageDocument.self, from: line)
            if !missing.isEmpty, let id = QueueID(message.queueID) { missing.remove(id) }
            guard message.recipients.contains(where: { verb.changes(state: $0.state) }) else { return }
            count += 1
            table.isStopped = source == .spool
            if isJSON {
                output.write(octets: line.readableBytesView)
                output.write("\n")
            } else {
                if count == 1 { output.line(table.header) }
                for row in table.rows(of: message) { output.line(row) }
            }
        }
        if !isJSON { output.line("This would \(verb.phrase(count, document)).") }
        output.flush()
        try Failure.check(missing: missing)
    }

    private static func print(_ text: String) {
        var output = Output()
        output.line(text)
        output.flush()
    }
}

extension QueueVerb {
    /// Whether a recipient in this state is changed.
    fileprivate func changes(state: String) -> Bool {
        switch self {
        case .retry, .move: ["queued", "deferred", "delivering"].contains(state)
        case .hold: ["queued", "deferred", "delivering", "scheduled", "in_doubt"].contains(state)
        case .release: ["held", "scheduled", "in_doubt"].contains(state)
        case .drop: state != "delivered"
        }
    }

    /// `retry 3 messages`.
    fileprivate func phrase(_ count: Int, _ document: QueueOrderDocument) -> String {
        let messages = "\(Quantity.grouped(count)) \(count == 1 ? "message" : "messages")"
        switch self {
        case .retry, .hold, .release: return "\(rawValue) \(messages)"
        case .drop: return "drop \(messages), \(document.bounce == true ? "with bounces" : "and tell nobody")"
        case .move: return "move \(messages) to \(document.to ?? "")"
        }
    }
}
