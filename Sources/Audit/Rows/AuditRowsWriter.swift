internal import Mail

/// Writes an audit log whose lines are in a database, which other relays may write too.
///
/// The key is a file of the relay: who has the database only can forge nothing.
final class AuditRowsWriter: AuditRecorder, @unchecked Sendable {
    // Safety: every method is called on the queue of its owner, an `AuditLog`.

    /// Where the log was left off.
    private struct Mark {
        var chain: AuditChain
        /// nil before the first record.
        var last: AuditRow?
    }

    /// Lines at the end that a start looks at.
    private static let window = 1000
    /// Times that another relay may be faster.
    private static let patience = 20

    private let rows: any AuditRows
    private let keyPath: String
    private let storage: any AuditStorage
    private let report: @Sendable (AuditEvent) -> Void
    private var mark: Mark?
    /// Lines of which nobody knows whether they are in the log; what they order was refused.
    private var doubtful: [AuditRow] = []
    private var trouble: String?

    init(
        _ rows: any AuditRows, keyDirectory: String, _ storage: any AuditStorage,
        _ report: @escaping @Sendable (AuditEvent) -> Void
    ) {
        self.rows = rows
        keyPath = "\(keyDirectory)/\(AuditFile.keyName)"
        self.storage = storage
        self.report = report
    }

    var head: AuditHash? { mark.flatMap { $0.last == nil ? nil : $0.chain.head } }

    func check(_ now: Timestamp) {
        _ = attempt { () throws(AuditError) in
            guard try opened(now) else { return }
            try followed(now)
        }
    }

    func append(_ records: [AuditRecord], _ now: Timestamp) -> AuditError? {
        guard !records.isEmpty else { return nil }
        let failure = attempt { () throws(AuditError) in
            _ = try opened(now)
            try write(records, now)
        }
        if failure == nil, trouble != nil {
            trouble = nil
            report(.recovered(path: rows.place))
        }
        return failure
    }

    func reader() throws(AuditError) -> AuditReader {
        try AuditReader(rows, keyPath: keyPath, upTo: mark?.last?.number)
    }

    func close() { mark = nil }

    private func attempt(_ body: () throws(AuditError) -> Void) -> AuditError? {
        do throws(AuditError) {
            try body()
            return nil
        } catch {
            if trouble != error.message {
                trouble = error.message
                report(.unwritable(path: rows.place, reason: error.message))
            }
            return error
        }
    }

    // MARK: - Opening

    /// - Returns: whether it was open before.
    private func opened(_ now: Timestamp) throws(AuditError) -> Bool {
        guard mark == nil else { return true }
        let known = try AuditKey.read(keyPath, storage)
        guard let last = try rows.last() else {
            try begin(known, known == nil ? nil : "the log was empty", now)
            return false
        }
        guard let key = known ?? AuditKey.readUnsettled(keyPath, storage) else { throw withoutKey }
        let (chain, isSound) = try ending(last, key)
        if known == nil {
            // Its relay died when the first record was in the log.
            guard isSound, last.number <= Self.window else { throw withoutKey }
            try AuditKey.settle(keyPath, storage)
        }
        if !isSound { report(.damaged(path: rows.place)) }
        mark = Mark(chain: chain, last: last)
        return false
    }

    private var withoutKey: AuditError {
        AuditError(
            .key,
            "\(keyPath) is missing, so the audit log in \(rows.place) cannot be continued: copy it from the relay that "
                + "began the log")
    }

    /// The chain at the last line, and whether the lines before it are as they were written.
    private func ending(_ last: AuditRow, _ key: [UInt8]) throws(AuditError) -> (AuditChain, isSound: Bool) {
        let before = max(0, last.number - Self.window)
        let lines = try rows.rows(after: before, limit: Self.window).filter { $0.number <= last.number }
        var chain = before == 0 ? AuditChain(key: key) : AuditChain(key: key, head: Self.head(lines.first))
        var isSound = true
        for line in before == 0 ? lines[...] : lines.dropFirst() {
            if case .record = chain.take(line.line[...]) {} else { isSound = false }
        }
        return (AuditChain(key: key, head: Self.head(last) ?? chain.head), isSound)
    }

    private static func head(_ row: AuditRow?) -> AuditHash? { row.flatMap { AuditLine.parts(of: $0.line[...])?.hash } }

    private func begin(_ known: [UInt8]?, _ reason: String?, _ now: Timestamp) throws(AuditError) {
        let key: [UInt8]
        if let known { key = known } else { key = try AuditKey.make(keyPath, storage) }
        AuditStep.reached(.afterAuditKey)
        mark = Mark(chain: AuditChain(key: key))
        let record = AuditRecord(
            at: now, who: AuditRecord.relay, what: AuditWords.begin, subject: AuditWords.subject, reason: reason)
        do throws(AuditError) {
            guard try add([record]) else {
                throw AuditError(.key, "another relay has begun the audit log in \(rows.place) with a key of its own")
            }
            if known == nil { try AuditKey.settle(keyPath, storage) }
            report(.begun(path: rows.place, reason: reason))
        } catch {
            mark = nil
            throw error
        }
    }

    // MARK: - Writing

    private func write(_ records: [AuditRecord], _ now: Timestamp) throws(AuditError) {
        for _ in 0..<Self.patience {
            if doubtful.isEmpty, try add(records) { return }
            try followed(now)
        }
        throw AuditError(.system, "other relays write to the audit log in \(rows.place) all the time")
    }

    /// - Returns: false if the log is not as it was left.
    private func add(_ records: [AuditRecord]) throws(AuditError) -> Bool {
        guard var next = mark else { return false }
        let last = next.last
        var new: [AuditRow] = []
        do {
            for record in records {
                let line = try next.chain.append(record)
                new.append(AuditRow(number: (last?.number ?? 0) + new.count + 1, line: line.dropLast(), at: record.at))
            }
        } catch {
            throw AuditError(.system, "cannot authenticate a record of the audit log: \(error)")
        }
        do throws(AuditError) {
            guard try rows.append(new, after: last) else { return false }
        } catch {
            if error.code == .unsettled { doubtful = new }
            throw error
        }
        next.last = new.last
        mark = next
        return true
    }

    /// Goes on behind what others have written. Where lines that were written before are not there any more, the chain goes
    /// on from them in spite of it, so that every check finds the place.
    private func followed(_ now: Timestamp) throws(AuditError) {
        guard var next = mark, let known = next.last else {
            mark = nil
            doubtful = []
            _ = try opened(now)
            return
        }
        let last = try rows.last()
        let behind = try rows.rows(after: known.number - 1, limit: 1 + doubtful.count)
        var notes: [AuditRecord] = []
        if behind.first?.line == known.line, let last {
            if let head = Self.head(last) { next.chain = AuditChain(next.chain, head: head) }
            next.last = last
            if !doubtful.isEmpty, behind.dropFirst().map(\.line) == doubtful.map(\.line) {
                notes.append(note(AuditWords.refused, Self.refusal(doubtful.count), now))
            }
        } else {
            report(.damaged(path: rows.place))
            notes.append(
                note(AuditWords.cut, "records up to this one were removed or changed while the relay ran", now))
            next.last = last.map { AuditRow(number: $0.number, line: $0.line, at: $0.at) }
        }
        doubtful = []
        mark = next
        if !notes.isEmpty { try write(notes, now) }
    }

    private static func refusal(_ count: Int) -> String {
        "the database went away while the last \(count) records were written: what they order was refused, and what "
            + "the relay had decided follows again"
    }

    private func note(_ what: String, _ reason: String, _ now: Timestamp) -> AuditRecord {
        AuditRecord(
            at: now, who: AuditRecord.relay, what: what, subject: AuditWords.subject, reason: reason)
    }
}
