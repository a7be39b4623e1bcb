internal import Mail

/// Opens the log, or begins one.
struct AuditOpening {
    let directory: String
    let storage: any AuditStorage
    let now: Timestamp
    let report: (AuditEvent) -> Void

    /// Octets at the end of a log that a start looks at; longer than the longest record.
    private static let window = 1 << 20

    private var path: String { "\(directory)/\(AuditFile.name)" }
    private var keyPath: String { "\(directory)/\(AuditFile.keyName)" }

    /// - Parameter left: where this process has left the log off; nil at a start.
    /// - Throws: ``AuditError`` if the log cannot be written, or has no key.
    func file(after left: AuditMark?) throws(AuditError) -> AuditFile {
        let known = try AuditKey.read(keyPath, storage)
        guard let left else { return try atStart(known) }
        guard try storage.read(path, limit: 1) != nil else {
            return try begun(known, "the log was missing", after: left)
        }
        let file = AuditFile(path, storage, try storage.open(path), left)
        var isSame = false
        defer { if !isSame { file.close() } }
        isSame = try file.endsAsLeft
        return isSame ? file : try replaced(known, after: left)
    }

    /// What is not the log any more is kept: it may be all that is left of it.
    private func replaced(_ known: [UInt8]?, after left: AuditMark) throws(AuditError) -> AuditFile {
        guard try storage.read(path, limit: 1)?.isEmpty == false else {
            return try begun(known, "the log was emptied while the relay ran", after: left)
        }
        let place = try setAside()
        return try begun(
            known, "the log was cut or changed while the relay ran, and is now \(place)", after: left)
    }

    /// - Returns: the new name of the file.
    private func setAside() throws(AuditError) -> String {
        var number = 1
        while try !storage.move(path, to: "\(path).cut-\(number)") { number += 1 }
        return "\(AuditFile.name).cut-\(number)"
    }

    // MARK: - A start

    private func atStart(_ known: [UInt8]?) throws(AuditError) -> AuditFile {
        let isThere = try storage.read(path, limit: 1) != nil
        let descriptor = try storage.open(path)
        do throws(AuditError) {
            if let file = try continued(descriptor, known) { return file }
        } catch {
            storage.close(descriptor)
            throw error
        }
        storage.close(descriptor)
        guard known != nil else { return try begun(nil, nil) }
        guard try storage.read(path, limit: 1)?.isEmpty == false else {
            return try begun(known, isThere ? "the log was empty" : "the log was missing")
        }
        let place = try setAside()
        return try begun(known, "the log had no whole record, and is now \(place)")
    }

    /// - Returns: nil if there is no record in it.
    private func continued(_ descriptor: Int32, _ known: [UInt8]?) throws(AuditError) -> AuditFile? {
        let size = try storage.size(of: descriptor)
        guard size > 0 else { return nil }
        guard let key = known ?? AuditKey.readUnsettled(keyPath, storage) else { throw withoutKey }
        let start = max(0, size - Self.window)
        let octets = try storage.read(descriptor, at: start, count: size - start)
        let tail = AuditTail(octets, isWhole: start == 0, key: key)
        if known == nil {
            // Its relay died when the first record was on disk.
            guard !tail.isDamaged, start == 0 else { throw withoutKey }
            if tail.complete > 0 { try AuditKey.settle(keyPath, storage) }
        }
        guard start + tail.complete > 0 else { return nil }
        let mark = AuditMark(
            AuditChain(key: key, head: tail.head), length: start + tail.complete,
            ending: Array(octets.prefix(tail.complete)), hasRest: !tail.torn.isEmpty)
        let file = AuditFile(path, storage, descriptor, mark)
        if tail.isDamaged { report(.damaged(path: path)) }
        if !tail.torn.isEmpty { try file.repair(tail.torn, now, report) }
        return file
    }

    private var withoutKey: AuditError {
        AuditError(.key, "\(keyPath) is missing, so \(path) cannot be continued: put it back, or move the log away")
    }

    // MARK: - A beginning

    /// A log that begins.
    ///
    /// - Parameters:
    ///   - known: nil if there is no key yet.
    ///   - reason: what became of the log before it; nil if there was none.
    private func begun(
        _ known: [UInt8]?, _ reason: String?, after left: AuditMark? = nil
    ) throws(AuditError) -> AuditFile {
        let descriptor = try storage.open(path)
        do throws(AuditError) {
            let key: [UInt8]
            if let known { key = known } else { key = try AuditKey.make(keyPath, storage) }
            AuditStep.reached(.afterAuditKey)
            let file = AuditFile(path, storage, descriptor, AuditMark(key: key))
            try file.append([
                AuditRecord(
                    at: now, who: AuditRecord.relay, what: AuditWords.begin, subject: AuditWords.subject,
                    reason: reason, before: left.map { "head \($0.chain.head)" })
            ])
            if known == nil { try AuditKey.settle(keyPath, storage) }
            report(.begun(path: path, reason: reason))
            return file
        } catch {
            storage.close(descriptor)
            throw error
        }
    }
}
