internal import Delivery
internal import Glibc
internal import Ingress
internal import Synchronization
internal import Telemetry

/// The file `habits.json` beside the spool: what is usual for guarded users. It is replaced as a whole and synced.
final class HabitStore: Sendable {
    private static let name = "habits.json"
    /// Larger than any file written here.
    private static let limit = 64 << 20

    private let directory: String
    private let log: EventLog
    private let saved = Mutex<[String: UserHabit]>([:])
    private let isFailing = Mutex(false)

    /// - Parameter directory: exists, and belongs to this process.
    init(directory: String, log: EventLog) {
        (self.directory, self.log) = (directory, log)
    }

    private var path: String { "\(directory)/\(Self.name)" }

    /// What an earlier relay has learned; empty if there is nothing, or nothing that can be read. Blocks on the disk.
    func read() -> [String: UserHabit] {
        do {
            let habits = try HabitFile(octets: SystemFile.read(path, limit: Self.limit, flags: O_NOFOLLOW)).habits
            saved.withLock { $0 = habits }
            return habits
        } catch SystemFileError.call(ENOENT, _) {
            return [:]
        } catch {
            let kept = "\(path).broken"
            let isKept = rename(path, kept) == 0
            log.log(.error, "habits_unreadable") { line in
                line.field("path", path)
                line.field("reason", "\(error)")
                line.field("kept_at", isKept ? kept : "")
            }
            return [:]
        }
    }

    /// Writes it if it is another than before. Blocks on the disk.
    func save(_ habits: [String: UserHabit]) {
        guard saved.withLock({ $0 != habits }) else { return }
        do {
            try SystemFile.replace(Self.name, in: directory, with: HabitFile(habits).octets())
            saved.withLock { $0 = habits }
            isFailing.withLock { $0 = false }
        } catch {
            fail("\(error)")
        }
    }

    /// Told once, until it can be written again.
    private func fail(_ reason: String) {
        let isNew = isFailing.withLock { isFailing in
            defer { isFailing = true }
            return !isFailing
        }
        guard isNew else { return }
        log.log(.warning, "habits_unwritable") { line in
            line.field("path", path)
            line.field("reason", reason)
        }
    }
}
