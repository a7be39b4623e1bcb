import Admin
import Console
import Mail

/// Output of `history show`, and of `queue show` for a message that has left. Nothing in it is truncated.
struct HistoryReport {
    private let message: HistoryDocument
    private let terminal: Terminal

    init(_ message: HistoryDocument, terminal: Terminal = .current()) {
        self.message = message
        self.terminal = terminal
    }

    func print(json: Bool) throws {
        var output = Output()
        if json {
            output.write(try AdminJSON.line(message))
        } else {
            for line in lines { output.line(line) }
        }
        output.flush()
    }

    var lines: [String] {
        let summary = [
            field("Queue ID", message.queueID), field("State", "left the queue"),
            field("Message-ID", message.messageID), field("Accepted", message.receivedAt),
            field("Left", message.finishedAt), field("Sender", "<\(message.sender)>"),
            field("User", message.user ?? "-"), message.probe.map { field("Probe", "of the round trip \($0)") },
            field("Size", "\(message.size) octets"), "", terminal.coloured("Recipients", .bold),
        ]
        return summary.compactMap(\.self) + message.recipients.flatMap(lines(of:))
    }

    private func lines(of recipient: HistoryDocument.Recipient) -> [String] {
        let outcome = terminal.coloured(recipient.outcome, Terminal.Colour(state: recipient.outcome))
        let address = recipient.address.map { "<\(Printable.line($0))>" } ?? "[erased]"
        var facts = [Quantity.count(recipient.attempts, "attempt")]
        if let upstream = recipient.upstream { facts.append("last through \(upstream)") }
        facts.append("route \(recipient.route)")
        if recipient.stream != recipient.route { facts.append("stream \(recipient.stream)") }
        if let failureClass = recipient.failureClass { facts.append("class \(failureClass)") }
        let times = [
            recipient.firstAttemptAt.map { "first tried at \($0)" },
            "\(recipient.outcome) at \(recipient.finishedAt), \(Quantity.latencyWithUnit(recipient.seconds * 1000)) after acceptance",
        ]
        return ["  \(address)  \(outcome)", indented(facts.joined(separator: ", "))]
            + times.compactMap { $0.map(indented) }
            + (recipient.reply.map { [indented($0)] } ?? [])
    }

    private func indented(_ text: String) -> String { "      " + Printable.line(text) }

    private func field(_ name: String, _ value: String) -> String {
        name + String(repeating: " ", count: 13 - name.count) + Printable.line(value)
    }
}
