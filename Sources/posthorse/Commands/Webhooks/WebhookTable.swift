import Admin
import Console
import Mail

/// The table of `webhook list`: with an extra line for what is wrong.
struct WebhookTable {
    private let table: Table
    private let now: Timestamp

    init(terminal: Terminal, now: Timestamp) {
        self.now = now
        table = Table(
            columns: [
                .init("NAME", 16), .init("RECEIVER", nil), .init("STATE", 7), .init("WAITING", 7, .right),
                .init("DEAD", 6, .right), .init("NEXT", 5, .right),
            ], terminal: terminal)
    }

    var header: String { table.header }

    func rows(of webhook: WebhookDocument) -> [String] {
        let next = webhook.nextAttemptAt.map { Quantity.wait(until: $0, now: now) } ?? "-"
        let row = table.row([
            "\(webhook.name)", "\(webhook.receiver ?? "(not in relay.conf)")", state(of: webhook),
            "\(webhook.waiting)", dead(of: webhook), "\(next)",
        ])
        guard webhook.receiver != nil else {
            return [row, table.note("nothing is sent: relay.conf no longer names it")]
        }
        guard let reason = webhook.reason else { return [row] }
        return [row, table.note("failed \(Quantity.count(webhook.failures, "time")) in a row: \(reason)")]
    }

    private func state(of webhook: WebhookDocument) -> Table.Cell {
        guard webhook.receiver != nil else { return Table.Cell("gone", .yellow) }
        return webhook.failures > 0 ? Table.Cell("failing", .red) : Table.Cell("works", .green)
    }

    private func dead(of webhook: WebhookDocument) -> Table.Cell {
        webhook.dead > 0 ? Table.Cell("\(webhook.dead)", .red) : "0"
    }
}

/// The table of `webhook list NAME`: with an extra line for what went wrong.
struct WebhookEventTable {
    private let table: Table
    private let now: Timestamp

    init(terminal: Terminal, now: Timestamp) {
        self.now = now
        table = Table(
            columns: [
                .init("NUMBER", 8, .right), .init("TYPE", 10), .init("ID", 13), .init("AGE", 4, .right),
                .init("TRIED", 5, .right), .init("RECIPIENT", nil),
            ], terminal: terminal)
    }

    var header: String { table.header }

    func rows(of event: WebhookEventDocument) -> [String] {
        let row = table.row([
            "\(event.number)", "\(event.type)", "\(event.queueID)",
            "\(Quantity.age(since: event.recordedAt, now: now))",
            "\(event.attempts)", "\(event.recipient)",
        ])
        return [row] + (event.reason.map { [table.note("last error: \($0)")] } ?? [])
    }
}
