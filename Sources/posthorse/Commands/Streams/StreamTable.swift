import Admin
import Console

/// The table of `stream list`: with an extra line for why a stream is paused.
struct StreamTable {
    private let table: Table

    init(terminal: Terminal) {
        table = Table(
            columns: [
                .init("NAME", nil), .init("STATE", 8), .init("WAITING", 8, .right), .init("DELIVERED", 9, .right),
                .init("FAILED", 6, .right), .init("/MIN", 6, .right), .init("BOUNCES", 7, .right),
            ], terminal: terminal)
    }

    var header: String { table.header }

    func rows(of stream: StreamDocument) -> [String] {
        let row = table.row([
            "\(stream.name)", state(of: stream), "\(stream.waiting)", "\(stream.delivered)", "\(stream.failed)",
            "\(stream.perMinute)", "\(Quantity.percent(stream.bounceRate))",
        ])
        return [row] + Self.notes(of: stream).map { table.note($0) }
    }

    /// Why it is paused, and what would not survive a restart.
    static func notes(of stream: StreamDocument) -> [String] {
        let pause = stream.pausedBy.map { author in
            let since = stream.pausedSince.map { " since \($0)" } ?? ""
            return "paused by the \(author)\(since)" + (stream.reason.map { ": \($0)" } ?? "")
        }
        let unsaved = stream.pausedBy == nil ? nil : stream.unsaved.map { "not on disk: \($0)" }
        return [pause, unsaved].compactMap { $0 }
    }

    private func state(of stream: StreamDocument) -> Table.Cell {
        switch stream.state {
        case "paused": Table.Cell("paused", .yellow)
        case "canary": Table.Cell("new \(stream.canaryPercent ?? 100) %")
        case let other: Table.Cell(other)
        }
    }
}

/// One stream, line by line.
struct StreamReport {
    let stream: StreamDocument

    var lines: [String] {
        var lines = [
            field("Stream", stream.name),
            field("State", stream.canaryPercent.map { "\(stream.state): \($0) % let through" } ?? stream.state),
        ]
        lines += StreamTable.notes(of: stream).map { field("", $0) }
        lines += [
            field("Known since", stream.since ?? "-"),
            field("Accepted", Quantity.grouped(stream.accepted)),
            field("Delivered", Quantity.grouped(stream.delivered)),
            field("Failed", "\(Quantity.grouped(stream.failed)), \(Quantity.grouped(stream.hardFailed)) of them hard"),
            field("Waiting", "\(Quantity.grouped(stream.waiting)) in \(Quantity.count(stream.messages, "message"))"),
        ]
        lines += stream.byState.sorted { $0.key < $1.key }.map { field("", "\($0.key) \(Quantity.grouped($0.value))") }
        return lines + [
            field("Per minute", Quantity.grouped(stream.perMinute)),
            field("Bounce rate", "\(Quantity.percent(stream.bounceRate)) within the last hour"),
        ]
    }

    private func field(_ name: String, _ value: String) -> String {
        Printable.line(name + String(repeating: " ", count: max(1, 13 - name.count)) + value)
    }
}
