internal import Mail
internal import Spool

/// What has to be known of the database before a group can be carried out.
struct GroupNeeds {
    /// Messages needed whole.
    private(set) var messages: Set<QueueID> = []
    /// Messages of which it is enough that they are there, and what belongs to them.
    private(set) var outlines: Set<QueueID> = []
    /// Messages whose ledger is needed, if they have one.
    private(set) var ledgers: Set<QueueID> = []
    /// Messages whose notices quote them, and how many octets these may need.
    private(set) var quoted: [QueueID: Int] = [:]
    private(set) var keys: [[UInt8]] = []

    /// - Parameters:
    ///   - isRecording: whether what leaves is kept in the history.
    ///   - asks: whether webhooks may ask about a settlement.
    init(_ group: [GroupChange], isRecording: Bool, asks: (Settlement) -> Bool) {
        for change in group {
            switch change {
            case .insert(let arrival):
                if let resubmission = arrival.new.resubmission { keys.append(resubmission.key) }
            case .begin(let id, _, _): outlines.insert(id)
            case .outcome(.settle(let settlement, let notices), _):
                need(settlement, isRecording, asks(settlement))
                if notices.arrivals == nil { quote(settlement) }
            case .outcome(.quarantine(let id, _), _): needWhole(id, isRecording)
            case .change(let ids, _, _):
                for id in ids { needWhole(id, isRecording) }
            case .part, .abandon, .events: break
            }
        }
        outlines.subtract(messages)
    }

    private mutating func needWhole(_ id: QueueID, _ isRecording: Bool) {
        messages.insert(id)
        if isRecording { ledgers.insert(id) }
    }

    private mutating func need(_ settlement: Settlement, _ isRecording: Bool, _ isAsked: Bool) {
        let id = settlement.id
        let isLeft = settlement.isLast && isRecording
        if isAsked || settlement.isDropped || isLeft && settlement.last == nil {
            messages.insert(id)
        } else {
            outlines.insert(id)
        }
        if isLeft { ledgers.insert(id) }
    }

    private mutating func quote(_ settlement: Settlement) {
        guard let octets = settlement.notices.map(\.octets).max() else { return }
        quoted[settlement.id] = max(quoted[settlement.id] ?? 0, octets)
    }

    /// Nothing has to be read.
    var isEmpty: Bool { messages.isEmpty && outlines.isEmpty && keys.isEmpty && quoted.isEmpty }
}

extension GroupNeeds {
    /// Reads what is needed, but for ledgers and contents.
    var queries: [PostgresQuery] {
        var queries: [PostgresQuery] = []
        if !messages.isEmpty {
            queries.append(PostgresQuery(GroupStatements.messages, messages.map { Int($0.rawValue) }))
        }
        if !outlines.isEmpty {
            queries.append(PostgresQuery(GroupStatements.outlines, outlines.map { Int($0.rawValue) }))
        }
        guard !keys.isEmpty else { return queries }
        var names = PostgresArray(.bytes)
        for key in Set(keys) { names.append(octets: key) }
        return queries + [PostgresQuery(GroupStatements.keys, [.array(names)])]
    }
}

extension GroupFacts {
    /// Adds what a statement has found.
    mutating func add(_ rows: any PostgresRows, of statement: PostgresStatement) {
        for row in 0..<rows.count {
            switch statement {
            case GroupStatements.messages:
                let columns = MessageColumns(rows, row)
                messages[columns.message.id] = StoredMessage(columns)
            case GroupStatements.outlines:
                messages[QueueID(rawValue: Int64(rows.integer(row, 0)))] = StoredMessage(outline: rows, row)
            case GroupStatements.attempts:
                let id = QueueID(rawValue: Int64(rows.integer(row, 0)))
                ledgers[id, default: []].append(AttemptRecord(rows, row))
            case GroupStatements.keys: keys[rows.bytes(row, 0)] = StoredKey(rows, row)
            default: preconditionFailure("no group asks for that")
            }
        }
    }
}
