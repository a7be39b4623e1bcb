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
        document.reason = order.reason.text
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
        let count = try await client.document(CountDocument.self, at: AdminPath.queueCount(question)).messages
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
        var rehearsal = QueueRehearsal(isJSON: isJSON)
        try await reader.forEachLine(ListingQuestion(order.filter.filter(order.ids))) { line, source in
            try rehearsal.add(line, isStopped: source == .spool) { verb.changes($0) }
        }
        rehearsal.end(verb.phrase(rehearsal.count, document))
        try Failure.check(missing: rehearsal.missing(of: order.ids))
    }

    private static func print(_ text: String) {
        var output = Output()
        output.line(text)
        output.flush()
    }
}

extension QueueVerb {
    /// `retry 3 messages`.
    fileprivate func phrase(_ count: Int, _ document: QueueOrderDocument) -> String {
        let messages = "\(Quantity.grouped(count)) \(count == 1 ? "message" : "messages")"
        switch self {
        case .retry, .hold, .release: return "\(rawValue) \(messages)"
        case .drop where document.bounce != true: return "drop \(messages) and tell nobody"
        case .drop where count == 1: return "drop \(messages) and bounce it, if its sender can be told"
        case .drop: return "drop \(messages) and bounce each whose sender can be told"
        case .move: return "move \(messages) to \(document.to ?? "")"
        }
    }
}
