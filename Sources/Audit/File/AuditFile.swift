internal import Mail

/// The open log: appends records. A batch is written completely, or none of it counts.
///
/// Used by one thread at a time.
final class AuditFile {
    /// Name of the log in the data directory.
    static let name = "audit.log"
    static let keyName = "audit.key"

    private let path: String
    private let storage: any AuditStorage
    private let descriptor: Int32
    /// Where it was left off.
    private(set) var mark: AuditMark

    var head: AuditHash { mark.chain.head }
    /// Octets on disk; nothing behind them counts.
    var length: Int { mark.length }

    /// - Parameters:
    ///   - descriptor: the open file, which this closes.
    ///   - mark: where to go on.
    init(_ path: String, _ storage: any AuditStorage, _ descriptor: Int32, _ mark: AuditMark) {
        (self.path, self.storage, self.descriptor, self.mark) = (path, storage, descriptor, mark)
    }

    /// Whether it is still there, and ends with what was written last. What is recorded in a file that was moved away is read
    /// by nobody; behind the end of one that was cut or written anew, it hides that.
    var isAsLeft: Bool {
        get throws(AuditError) {
            guard storage.isInPlace(descriptor, at: path) else { return false }
            return try endsAsLeft
        }
    }

    /// Whether it ends with what was written last.
    var endsAsLeft: Bool {
        get throws(AuditError) {
            let size = try storage.size(of: descriptor)
            guard mark.hasRest ? size >= mark.length : size == mark.length else { return false }
            let start = mark.length - mark.ending.count
            return try storage.read(descriptor, at: start, count: mark.ending.count) == mark.ending
        }
    }

    func close() { storage.close(descriptor) }

    /// Writes over an unfinished record one that has what was there.
    func repair(_ torn: [UInt8], _ now: Timestamp, _ report: (AuditEvent) -> Void) throws(AuditError) {
        let text = String(decoding: torn.prefix(AuditRecord.longest), as: UTF8.self)
        let record = AuditRecord(
            at: now, who: AuditRecord.relay, what: AuditWords.repair, subject: AuditWords.subject,
            reason: "an unfinished record of \(torn.count) octets, such as a crash leaves, is replaced", before: text)
        try append([record], at: .afterAuditRepair)
        report(.repaired(path: path, octets: torn.count))
    }

    /// Appends records; they are on disk on return. If that fails, none of them is in the log.
    func append(_ records: [AuditRecord]) throws(AuditError) { try append(records, at: .afterAuditWrite) }

    private func append(_ records: [AuditRecord], at step: AuditStep) throws(AuditError) {
        guard !records.isEmpty else { return }
        var (next, octets) = (mark.chain, [UInt8]())
        do {
            for record in records { octets += try next.append(record) }
        } catch {
            throw AuditError(.system, "cannot authenticate a record of the audit log: \(error)")
        }
        let isClean = !mark.hasRest
        mark.hasRest = true
        do throws(AuditError) {
            try write(octets, step)
            if !isClean { try storage.truncate(descriptor, to: length + octets.count) }
            try storage.sync(descriptor)
        } catch {
            takeBack()
            throw error
        }
        AuditStep.reached(.afterAuditSync)
        mark.advance(by: octets, next)
    }

    private func write(_ octets: [UInt8], _ step: AuditStep) throws(AuditError) {
        #if DEBUG
        if AuditStep.isPlanned(.amidAuditRecord) {
            try storage.write(octets[..<(octets.count / 2)], to: descriptor, at: length)
            AuditStep.reached(.amidAuditRecord)
        }
        #endif
        try storage.write(octets[...], to: descriptor, at: length)
        AuditStep.reached(step)
    }

    /// A record whose order is refused must not be found later.
    private func takeBack() {
        guard (try? storage.truncate(descriptor, to: length)) != nil else { return }
        mark.hasRest = false
        try? storage.sync(descriptor)
    }
}
