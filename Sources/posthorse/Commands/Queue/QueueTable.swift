import Admin
import Console
import Mail

/// The table of `queue list`: two lines per message if there is a reason to show.
struct QueueTable {
    private let table: Table
    private let now: Timestamp
    /// Whether the relay is stopped, so that nothing is tried at its time.
    var isStopped = false

    init(terminal: Terminal, now: Timestamp) {
        self.now = now
        table = Table(
            columns: [
                .init("ID", 13), .init("AGE", 4, .right), .init("SIZE", 4, .right), .init("STATE", 10),
                .init("TRIES", 5, .right), .init("NEXT", 4, .right), .init("RECIPIENT", nil),
            ], terminal: terminal)
    }

    var header: String { table.header }

    func rows(of message: MessageDocument) -> [String] {
        let shown = message.recipients.first { $0.state == message.state }
        let row = table.row([
            "\(message.queueID)",
            "\(Quantity.age(since: message.receivedAt, now: now))",
            "\(Quantity.size(message.size))",
            Table.Cell(message.state, Terminal.Colour(state: message.state)),
            "\(message.recipients.map(\.attempts).max() ?? 0)",
            "\(next(message))",
            recipients(shown, of: message),
        ])
        return [row] + [reason(message), wait(message)].compactMap { $0.map { table.note($0) } }
    }

    /// The earliest time of the next attempt; `-` if unknown.
    private func next(_ message: MessageDocument) -> String {
        isStopped ? "-" : Quantity.wait(until: message.recipients.compactMap(\.nextAttemptAt).min(), now: now)
    }

    /// What it waits for, if not only its time.
    private func wait(_ message: MessageDocument) -> String? {
        guard message.state != "delivering" else { return nil }
        return message.recipients.lazy.compactMap(\.waitingWords).first
    }

    /// The recipient, and the number of further ones, which is never truncated.
    private func recipients(_ shown: RecipientDocument?, of message: MessageDocument) -> Table.Cell {
        let more = message.recipients.count - 1
        let address = shown?.address ?? "-"
        guard more > 0 else { return Table.Cell(address, keepsEnd: true) }
        let number = " +\(more)"
        let room = max(1, table.flexibleWidth - number.count)
        return Table.Cell(Printable.cutMiddle(Printable.line(address), to: room) + number)
    }

    private func reason(_ message: MessageDocument) -> String? {
        let candidates = message.recipients.filter { $0.state == message.state } + message.recipients
        guard let recipient = candidates.first(where: { $0.lastReply != nil && $0.state != "delivered" }),
            let reply = recipient.lastReply
        else { return nil }
        return recipient.upstream.map { "\($0): \(reply)" } ?? reply
    }
}

extension RecipientDocument {
    /// What it waits for, in words; nil if only its time.
    var waitingWords: String? {
        switch waitsFor.flatMap(QueueOutlook.Cause.init) {
        case .circuit: "waits for a circuit: all upstreams it may take are open"
        case .trial: "waits for the trial of an upstream, which is under way"
        case .operator: "waits for an operator: all upstreams it may take are disabled or draining"
        case .quota: "waits for a quota: those of all upstreams it may take are used up"
        case .rate: "waits for its turn: the upstreams it may take are at their rate"
        case .connections: "waits for a connection: this machine is short of what one needs"
        case .pace: "waits for the pace of its domain: posthorse pace list"
        case .stream: "waits for its stream, which is paused"
        case .canary: "waits for the canary of its stream: outcomes of the first part let more go"
        case .streamRate: "waits for its turn: its stream is at its rate"
        case nil: nil
        }
    }
}
