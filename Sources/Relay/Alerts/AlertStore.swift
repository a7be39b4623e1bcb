internal import Alerts
internal import Delivery
internal import Dispatch
internal import Glibc
internal import Synchronization

/// The file `alerts.json` beside the spool. It is replaced as a whole and synced, on a queue of its own; of several pending
/// versions only the last is written.
final class AlertStore: Sendable {
    private static let name = "alerts.json"
    /// Larger than any file written here.
    private static let limit = 16 << 20

    private let directory: String
    private let report: @Sendable (AlertEvent) -> Void
    private let queue = DispatchQueue(label: "alerts")
    private let waiting = Mutex<AlertFile?>(nil)
    private let isFailing = Mutex(false)

    /// - Parameter directory: exists, and belongs to this process.
    init(directory: String, report: @escaping @Sendable (AlertEvent) -> Void) {
        (self.directory, self.report) = (directory, report)
    }

    private var path: String { "\(directory)/\(Self.name)" }

    /// What an earlier relay has left; nil if there is nothing, or nothing that can be read. Blocks on the disk.
    func read() -> AlertFile? {
        do {
            return try AlertFile(octets: SystemFile.read(path, limit: Self.limit, flags: O_NOFOLLOW))
        } catch SystemFileError.call(ENOENT, _) {
            return nil
        } catch {
            let kept = "\(path).broken"
            let isKept = rename(path, kept) == 0
            report(.stateLost(path: path, reason: "\(error)", keptAt: isKept ? kept : nil))
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
            try SystemFile.replace(Self.name, in: directory, with: file.octets())
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
