internal import Delivery
internal import Ingress
internal import Synchronization
internal import Telemetry

/// The document `habits.json`, beside the spool or in its database: what is usual for guarded users. It is replaced as a
/// whole, durably.
final class HabitStore: Sendable {
    private static let name = "habits.json"
    /// Larger than any document written here.
    private static let limit = 64 << 20

    private let documents: any DocumentStore
    private let log: EventLog
    private let saved = Mutex<[String: UserHabit]>([:])
    private let isFailing = Mutex(false)

    convenience init(directory: String, log: EventLog) {
        self.init(DirectoryDocuments(directory), log: log)
    }

    init(_ documents: any DocumentStore, log: EventLog) {
        (self.documents, self.log) = (documents, log)
    }

    private var path: String { documents.describe(Self.name) }

    /// What an earlier relay has learned; empty if there is nothing, or nothing that can be read. Blocks.
    ///
    /// - Throws: ``SystemFileError`` if a database keeps it, and does not answer.
    func read() throws(SystemFileError) -> [String: UserHabit] {
        do {
            guard let octets = try documents.read(Self.name, limit: Self.limit) else { return [:] }
            let habits = try HabitFile(octets: octets).habits
            saved.withLock { $0 = habits }
            return habits
        } catch SystemFileError.database(let reason) {
            throw .database("\(reason); it says what is usual for guarded users")
        } catch {
            let keptAt = documents.setAside(Self.name)
            log.log(.error, "habits_unreadable") { line in
                line.field("path", path)
                line.field("reason", "\(error)")
                line.field("kept_at", keptAt ?? "")
            }
            return [:]
        }
    }

    /// Writes it if it is another than before. Blocks on the disk.
    func save(_ habits: [String: UserHabit]) {
        guard saved.withLock({ $0 != habits }) else { return }
        do {
            try documents.replace(Self.name, with: HabitFile(habits).octets())
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
