import Admin
import ArgumentParser
import Configuration
import Console
import Delivery
import Mail

/// `posthorse queue resolve`.
struct QueueResolveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resolve",
        abstract: "Say what has become of mail in doubt.",
        discussion: """
            Mail is in doubt when the connection ended after the final dot and before the reply: the upstream may have taken \
            it, and its log or dashboard says whether it has. With queue IDs, the answer is for all their recipients in \
            doubt, or for those that --recipient names; with a filter, for the recipients in doubt that match. It survives a \
            restart, overrides in_doubt of relay.conf, and is carried out as soon as the upstream takes mail. What cannot be \
            resolved is named on standard error.

            With a filter, the command asks for confirmation and says how many messages match; without a terminal, it needs \
            --yes. Exits with 64 if it cannot ask, 65 if nothing named is in doubt or its route has no other upstream, 66 if \
            there is no such message, 69 if the relay is not running, and 75 while an attempt of the message is running, or \
            if the answer was no.

            \(QueueFilterOptions.discussion)
            """)

    /// The resolution.
    enum Answer: EnumerableFlag {
        case delivered, retry, failover

        static func help(for value: Self) -> ArgumentHelp? {
            switch value {
            case .delivered: "The upstream has accepted it: mark the recipients as delivered."
            case .retry: "Send it again through the same upstream, with the same IDs."
            case .failover: "Send it through another upstream."
            }
        }

        var order: InDoubtResolution {
            switch self {
            case .delivered: .delivered
            case .retry: .retry
            case .failover: .failover
            }
        }
    }

    @OptionGroup var options: RelayOptions
    @OptionGroup var output: JSONOption

    @OptionGroup var filter: QueueFilterOptions

    @Argument(help: QueueFilterOptions.idsHelp, transform: QueueID.argument)
    var ids: [QueueID] = []
    @Flag(help: "The resolution.")
    var answer: Answer
    @OptionGroup var reason: ReasonOption
    @Flag(help: "Print what would be resolved, and change nothing.")
    var dryRun = false
    @Flag(help: "Do not ask for confirmation.")
    var yes = false

    func validate() throws {
        // With IDs, --recipient names whole addresses, as often as needed.
        var conditions = filter
        if !ids.isEmpty { conditions.recipient = [] }
        try conditions.validate(ids)
        if ids.isEmpty, filter.isEmpty {
            throw ValidationError("Name queue IDs, or give a filter such as --state in_doubt.")
        }
        if filter.state ?? Self.inDoubt != Self.inDoubt {
            throw ValidationError("Only what is in doubt can be resolved: leave out --state, or say --state in_doubt.")
        }
    }

    private static let inDoubt = "in_doubt"

    func run() async throws {
        if dryRun { return try await rehearse() }
        if ids.isEmpty { return try await resolveMatching() }
        let recipients = filter.recipient.isEmpty ? nil : filter.recipient
        let order = ResolutionDocument(answer.order, recipients: recipients, reason: reason.text)
        let relay = try RelayClient(options)
        var failures: [Failure] = []
        for id in ids {
            do {
                try await resolve(id, order, relay)
            } catch let failure as Failure where failure.status != .notRunning && ids.count > 1 {
                Failure.report(failure.message)
                failures.append(Failure(failure.status, ""))
            }
        }
        // "Try again" before "no such message" before "not in doubt": what is left to do comes first.
        if let worst = failures.max(by: { $0.status.rawValue < $1.status.rawValue }) { throw worst }
    }

    // MARK: - By filter

    private var question: ListingQuestion {
        var question = ListingQuestion(filter.filter(ids))
        if !ids.isEmpty { question.filter.recipient = nil }
        question.filter.state = Self.inDoubt
        return question
    }

    private func rehearse() async throws {
        let reader = try QueueReader(options)
        var rehearsal = QueueRehearsal(isJSON: output.json)
        try await reader.forEachLine(question) { line, source in
            try rehearsal.add(line, isStopped: source == .spool)
        }
        rehearsal.end(phrase(rehearsal.count))
        try Failure.check(missing: rehearsal.missing(of: ids))
    }

    private func resolveMatching() async throws {
        let relay = try RelayClient(options)
        let path = AdminPath.queueCount(question)
        let count = try await relay.ask(isPatient: true) { try await $0.document(CountDocument.self, at: path) }
            .messages
        guard count > 0 else {
            var standardOutput = Output()
            if !output.json { standardOutput.line("No messages in doubt match.") }
            return standardOutput.flush()
        }
        try Consent.ask("This would \(phrase(count)).", isGiven: yes)
        var document = QueueOrderDocument()
        (document.filter, document.resolution) = (question.filter, answer.order.rawValue)
        document.reason = reason.text
        var (standardOutput, isLate) = (Output(loss: .ignored), false)
        try await relay.forEachLine(posting: document, to: AdminPath.resolutions) { line in
            let line = try AdminJSON.decode(ResolutionLine.self, from: line)
            guard line.result == "done", let id = QueueID(line.queueID) else {
                isLate = isLate || !["missing", "unchanged"].contains(line.result)
                return Failure.report(line.reason ?? line.result)
            }
            let result = ResolutionDocument(answer.order, recipients: line.recipients, queueID: id)
            standardOutput.write(output.json ? try AdminJSON.line(result) : text(result, id))
        }
        standardOutput.flush()
        if isLate { throw Failure(.tryAgain, "") }
    }

    /// `resolve 3 messages as delivered`.
    private func phrase(_ count: Int) -> String {
        let messages = Quantity.count(count, "message")
        return switch answer {
        case .delivered: "mark \(messages) in doubt as delivered"
        case .retry: "send \(messages) in doubt again through the same upstream"
        case .failover: "send \(messages) in doubt through another upstream"
        }
    }

    // MARK: - By ID

    private func resolve(_ id: QueueID, _ order: ResolutionDocument, _ relay: RelayClient) async throws {
        let result = try await relay.ask { client in
            try await client.post(order, to: AdminPath.resolution(id.description), for: ResolutionDocument.self)
        }
        var standardOutput = Output(loss: .ignored)
        standardOutput.write(output.json ? try AdminJSON.line(result) : text(result, id))
        standardOutput.flush()
    }

    private func text(_ result: ResolutionDocument, _ id: QueueID) -> String {
        let count = Quantity.count(result.recipients?.count ?? 0, "recipient")
        let done =
            switch answer {
            case .delivered: "delivered"
            case .retry: "to be sent again through the same upstream, as soon as it accepts mail"
            case .failover: "to be sent through another upstream, as soon as one accepts mail"
            }
        return "\(count) of \(id) \(done)\n"
    }
}
