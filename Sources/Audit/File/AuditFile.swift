internal import Mail

/// The open log: appends records. A batch is written completely, or none of it counts.
///
/// Used by one thread at a time.
final class AuditFile {
    /// Name of the log in the data directory.
    static let name = "audit.log"
    static let keyName = "audit.key"
    /// Octets at the end of a log that a start looks at; longer than the longest record.
    private static let window = 1 << 20

    private let path: String
    private let storage: any AuditStorage
    private let descriptor: Int32
    private var chain: AuditChain
    /// Octets on disk; nothing behind them counts.
    private(set) var length: Int
    /// Whether there may be octets behind them, of a batch that failed.
    private var hasRest = false

    var head: AuditHash { chain.head }

    /// Opens a log, or begins one; replaces an unfinished record at its end.
    ///
    /// - Throws: ``AuditError`` if it cannot be written, or has no key.
    init(
        directory: String, _ storage: any AuditStorage, now: Timestamp, _ report: (AuditEvent) -> Void
    ) throws(AuditError) {
        (path, self.storage) = ("\(directory)/\(Self.name)", storage)
        let keyPath = "\(directory)/\(Self.keyName)"
        let isThere = try storage.read(path, limit: 1) != nil
        let known = try AuditKey.read(keyPath, storage)
        descriptor = try storage.open(path)
        do throws(AuditError) {
            let size = try storage.size(of: descriptor)
            if known == nil, size > 0 {
                throw AuditError(
                    .key, "\(keyPath) is missing, so \(path) cannot be continued: put it back, or move the log away")
            }
            let key: [UInt8]
            if let known { key = known } else { key = try AuditKey.make(keyPath, storage) }
            AuditStep.reached(.afterAuditKey)
            let start = max(0, size - Self.window)
            let octets = try storage.read(descriptor, at: start, count: size - start)
            let tail = AuditTail(octets, isWhole: start == 0, key: key)
            chain = AuditChain(key: key, head: tail.head)
            length = start + tail.complete
            hasRest = !tail.torn.isEmpty
            if tail.isDamaged { report(.damaged(path: path)) }
            if !tail.torn.isEmpty { try repair(tail.torn, now, report) }
            guard length == 0 else { return }
            let reason = known == nil ? nil : isThere ? "the log was empty" : "the log was missing"
            try append([
                AuditRecord(
                    at: now, who: AuditRecord.relay, what: AuditWords.begin, subject: AuditWords.subject, reason: reason
                )
            ])
            report(.begun(path: path, reason: reason))
        } catch {
            storage.close(descriptor)
            throw error
        }
    }

    /// Whether it is still there: what is recorded in a file that was removed or moved away is lost, or read by nobody.
    var isInPlace: Bool { storage.isInPlace(descriptor, at: path) }

    func close() { storage.close(descriptor) }

    /// Writes over an unfinished record one that has what was there.
    private func repair(_ torn: [UInt8], _ now: Timestamp, _ report: (AuditEvent) -> Void) throws(AuditError) {
        let text = String(decoding: torn.prefix(AuditRecord.longest), as: UTF8.self)
        let record = AuditRecord(
            at: now, who: AuditRecord.relay, what: AuditWords.repair, subject: AuditWords.subject,
            reason: "an unfinished record of \(torn.count) octets, which nobody had been told of, is replaced",
            before: text)
        try append([record], at: .afterAuditRepair)
        report(.repaired(path: path, octets: torn.count))
    }

    /// Appends records; they are on disk on return. If that fails, none of them is in the log.
    func append(_ records: [AuditRecord]) throws(AuditError) { try append(records, at: .afterAuditWrite) }

    private func append(_ records: [AuditRecord], at step: AuditStep) throws(AuditError) {
        guard !records.isEmpty else { return }
        var (next, octets) = (chain, [UInt8]())
        do {
            for record in records { octets += try next.append(record) }
        } catch {
            throw AuditError(.system, "cannot authenticate a record of the audit log: \(error)")
        }
        let isClean = !hasRest
        hasRest = true
        do throws(AuditError) {
            try write(octets, step)
            if !isClean { try storage.truncate(descriptor, to: length + octets.count) }
            try storage.sync(descriptor)
        } catch {
            takeBack()
            throw error
        }
        AuditStep.reached(.afterAuditSync)
        (chain, length, hasRest) = (next, length + octets.count, false)
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
        hasRest = false
        try? storage.sync(descriptor)
    }
}
