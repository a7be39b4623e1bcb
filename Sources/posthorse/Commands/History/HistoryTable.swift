import Admin
import Console
import Mail

/// The table of `history search`: a line for each message, and the reply below if it was not delivered to all.
struct HistoryTable {
    private let table: Table

    init(terminal: Terminal) {
        table = Table(
            columns: [
                .init("ID", 13), .init("ACCEPTED", 20), .init("TOOK", 6, .right), .init("OUTCOME", 9),
                .init("UPSTREAM", 10), .init("RECIPIENT", nil),
            ], terminal: terminal)
    }

    var header: String { table.header }

    /// - Parameter matching: indices of the recipients that were asked for; nil for all.
    func rows(of message: HistoryDocument, matching: [Int]?) -> [String] {
        let worst = Self.worst(of: message, matching)
        let row = table.row([
            "\(message.queueID)",
            "\(Timestamp(rfc3339: message.receivedAt)?.dateTime ?? message.receivedAt)",
            "\(worst.map { Quantity.narrowLatency($0.seconds * 1000) } ?? "-")",
            Table.Cell(worst?.outcome ?? "-", worst.flatMap { Terminal.Colour(state: $0.outcome) }),
            Table.Cell(Printable.line(worst?.upstream ?? "-")),
            recipients(worst, of: message),
        ])
        guard let worst, worst.outcome != "delivered", let reply = worst.reply else { return [row] }
        return [row, table.note(reply)]
    }

    /// The recipient that says most, of those that were asked for: one that failed, else one that was dropped, else the
    /// first.
    private static func worst(of message: HistoryDocument, _ matching: [Int]?) -> HistoryDocument.Recipient? {
        let asked = (matching ?? []).filter(message.recipients.indices.contains).map { message.recipients[$0] }
        let recipients = asked.isEmpty ? message.recipients : asked
        for outcome in ["failed", "dropped"] {
            if let found = recipients.first(where: { $0.outcome == outcome }) { return found }
        }
        return recipients.first
    }

    /// The recipient, and the number of further ones, which is never truncated.
    private func recipients(_ shown: HistoryDocument.Recipient?, of message: HistoryDocument) -> Table.Cell {
        let more = message.recipients.count - 1
        let address = Printable.line(shown?.address ?? "[erased]")
        guard more > 0 else { return Table.Cell(address, keepsEnd: true) }
        let number = " +\(more)"
        return Table.Cell(Printable.cutMiddle(address, to: max(1, table.flexibleWidth - number.count)) + number)
    }
}
