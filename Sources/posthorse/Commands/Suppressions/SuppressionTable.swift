import Admin
import Console
import Mail

/// The table of `suppression list`.
struct SuppressionTable {
    private let table: Table
    private let now: Timestamp

    init(terminal: Terminal, now: Timestamp) {
        self.now = now
        table = Table(
            columns: [
                .init("PATTERN", 32), .init("SOURCE", 12), .init("AGE", 4, .right), .init("ENDS", 5, .right),
                .init("REASON", nil),
            ], terminal: terminal)
    }

    var header: String { table.header }

    func row(of entry: SuppressionDocument) -> String {
        let end = entry.expiresAt == nil ? "never" : Quantity.wait(until: entry.expiresAt, now: now)
        let reason = [entry.route.map { "route \($0)" }, entry.reason.isEmpty ? nil : entry.reason]
            .compactMap(\.self).joined(separator: ": ")
        return table.row([
            Table.Cell(entry.pattern, keepsEnd: true), "\(entry.source)",
            "\(Quantity.age(since: entry.addedAt, now: now))", "\(end)", "\(reason)",
        ])
    }
}
