internal import Mail

/// The log's file while it can be used, and why it cannot.
///
/// Confined to the audit log's queue.
final class AuditWriter: AuditRecorder, @unchecked Sendable {
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

    var head: AuditHash? { file?.head }

    func check(_ now: Timestamp) { _ = try? opened(now) }

    func reader() throws(AuditError) -> AuditReader { try AuditReader(directory: directory, length: file?.length) }

    /// The log, which is as the last record left it; else another one, which begins.
    private func opened(_ now: Timestamp) throws(AuditError) -> AuditFile {
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
