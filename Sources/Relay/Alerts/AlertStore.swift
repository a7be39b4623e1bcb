internal import Alerts
internal import Delivery
internal import Dispatch
internal import Synchronization

/// The document `alerts.json`, beside the spool or in its database. It is replaced as a whole, durably, on a queue of its own; of several pending
/// versions only the last is written.
final class AlertStore: Sendable {
    private static let name = "alerts.json"
    /// Larger than any document written here.
    private static let limit = 16 << 20

    private let documents: any DocumentStore
    private let report: @Sendable (AlertEvent) -> Void
    private let queue = DispatchQueue(label: "alerts")
    private let waiting = Mutex<AlertFile?>(nil)
    private let isFailing = Mutex(false)

    convenience init(directory: String, report: @escaping @Sendable (AlertEvent) -> Void) {
        self.init(DirectoryDocuments(directory), report: report)
    }

    init(_ documents: any DocumentStore, report: @escaping @Sendable (AlertEvent) -> Void) {
        (self.documents, self.report) = (documents, report)
    }

    private var path: String { documents.describe(Self.name) }

    /// What an earlier relay has left; nil if there is nothing, or nothing that can be read. Blocks.
    ///
    /// - Throws: ``SystemFileError`` if a database keeps it, and does not answer.
    func read() throws(SystemFileError) -> AlertFile? {
        do {
            return try documents.read(Self.name, limit: Self.limit).map { try AlertFile(octets: $0) }
        } catch SystemFileError.database(let reason) {
            throw .database("\(reason); it says how alerts stand, and which are silenced")
        } catch {
            report(.stateLost(path: path, reason: "\(error)", keptAt: documents.setAside(Self.name)))
            return nil
        }
    }

    /// Writes it soon.
    func save(_ file: AlertFile) {
        let isFirst = waiting.withLock { waiting in
            defer { waiting = file }
            return waiting == nil
        }
        if isFirst { queue.async { self.write() } }
    }

    /// Returns once everything saved is on disk, or has failed.
    func flush() async {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume() }
        }
    }

    private func write() {
        let file = waiting.withLock { waiting in
            defer { waiting = nil }
            return waiting
        }
        guard let file else { return }
        do {
            try documents.replace(Self.name, with: file.octets())
            isFailing.withLock { $0 = false }
        } catch {
            let isNew = isFailing.withLock { isFailing in
                defer { isFailing = true }
                return !isFailing
            }
            if isNew { report(.stateUnsaved(path: path, reason: "\(error)")) }
        }
    }
}
