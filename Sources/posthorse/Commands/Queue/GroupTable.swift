import Admin
import Console

/// The tables of `queue stats --by`.
struct GroupTable {
    private let groups: [GroupDocument]
    private let grouping: QueueGrouping
    private let terminal: Terminal

    init(_ groups: [GroupDocument], by grouping: QueueGrouping, terminal: Terminal) {
        self.groups = groups
        self.grouping = grouping
        self.terminal = terminal
    }

    var lines: [String] {
        guard !groups.isEmpty else { return ["No messages."] }
        return grouping == .age ? ageLines : countLines
    }

    private var countLines: [String] {
        let table = Table(
            columns: [
                .init("RECIPIENTS", 10, .right), .init("MESSAGES", 8, .right), .init("SIZE", 4, .right),
                .init("OLDEST", 6, .right), .init(grouping.rawValue.uppercased(), nil),
            ], terminal: terminal)
        return [table.header]
            + groups.map { group in
                table.row([
                    "\(group.recipients)", "\(group.messages)", "\(Quantity.size(group.bytes))",
                    "\(Quantity.age(seconds: group.oldestAgeSeconds))", Table.Cell(group.value ?? "-", keepsEnd: true),
                ])
            }
    }

    /// Recipients; the domain comes last, where it has room.
    private var ageLines: [String] {
        let titles = ["TOTAL"] + AgeColumns.names
        let total = titles.map { title in groups.reduce(0) { $0 + Self.count($1, title) } }
        let columns = zip(titles, total).map { Table.Column($0, max($0.count, String($1).count), .right) }
        let table = Table(columns: columns + [.init("DOMAIN", nil)], terminal: terminal)
        let rows = groups.map { group in
            table.row(titles.map { "\(Self.count(group, $0))" } + [Table.Cell(group.value ?? "-", keepsEnd: true)])
        }
        return [table.header, table.row(total.map { "\($0)" } + ["all"])] + rows
    }

    private static func count(_ group: GroupDocument, _ title: String) -> Int {
        title == "TOTAL" ? group.recipients : group.ages?[title] ?? 0
    }
}
