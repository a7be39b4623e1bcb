internal import Mail

/// The log's file while it can be used, and why it cannot.
///
/// Confined to the audit log's queue.
final class AuditWriter: @unchecked Sendable {
    // Safety: every method is called on the queue of its owner, an `AuditLog`.

    private let directory: String
    private let storage: any AuditStorage
    private let report: @Sendable (AuditEvent) -> Void
    private var file: AuditFile?
    /// Where the log was left off, until it is open again.
    private var left: AuditMark?
    private var trouble: String?

    init(directory: String, _ storage: any AuditStorage, _ report: @escaping @Sendable (AuditEvent) -> Void) {
        self.directory = directory
        self.storage = storage
        self.report = report
    }

    private var path: String { "\(directory)/\(AuditFile.name)" }

    /// nil before the first record, and while the log cannot be opened.
    var head: AuditHash? { file?.head }
    /// Octets on disk; nil while the log cannot be opened.
    var length: Int? { file?.length }

    /// The log, which is as the last record left it; else another one, which begins.
    func opened(_ now: Timestamp) throws(AuditError) -> AuditFile {
        do throws(AuditError) {
            if let file, try file.isAsLeft { return file }
            left = file?.mark ?? left
            close()
            let file = try AuditOpening(directory: directory, storage: storage, now: now, report: report)
                .file(after: left)
            (self.file, left) = (file, nil)
            return file
        } catch {
            failed(error)
            throw error
        }
    }

    /// - Returns: why none of these records is in the log; nil if all are on disk.
    func append(_ records: [AuditRecord], _ now: Timestamp) -> AuditError? {
        guard !records.isEmpty else { return nil }
        do throws(AuditError) {
            try opened(now).append(records)
            worked()
            return nil
        } catch {
            failed(error)
            return error
        }
    }

    func close() {
        file?.close()
        file = nil
    }

    private func failed(_ error: AuditError) {
        guard trouble != error.message else { return }
        trouble = error.message
        report(.unwritable(path: path, reason: error.message))
    }

    private func worked() {
        guard trouble != nil else { return }
        trouble = nil
        report(.recovered(path: path))
    }
}
