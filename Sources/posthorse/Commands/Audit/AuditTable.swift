import Audit
import Console
import Mail

/// The table of `audit list`: the reason and the change stand below the decision.
struct AuditTable {
    private let table: Table

    init(terminal: Terminal) {
        table = Table(
            columns: [.init("TIME", 20), .init("WHO", 18), .init("WHAT", 18), .init("SUBJECT", nil)], terminal: terminal
        )
    }

    var header: String { table.header }

    func rows(of record: AuditRecord) -> [String] {
        let row = table.row([
            "\(record.at.rfc3339.prefix(19))Z", "\(record.who)", "\(record.what)", Table.Cell(record.subject),
        ])
        return [row] + [change(record), record.reason].compactMap { $0.map { table.note($0) } }
    }

    private func change(_ record: AuditRecord) -> String? {
        switch (record.before, record.after) {
        case (let before?, let after?): "\(before) -> \(after)"
        case (nil, let after?): after
        case (let before?, nil): "before: \(before)"
        case (nil, nil): nil
        }
    }
}
