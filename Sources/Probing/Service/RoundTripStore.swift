internal import Delivery
internal import Dispatch
internal import Glibc
package import RoundTrips
internal import Synchronization

/// What is kept of round trips, beside the spool: the file `round-trips.state`, what is under way, the file
/// `round-trips.history`, and the file `round-trips.journal`, what has happened since the history was written.
///
/// The first two are replaced as a whole, the journal is appended to; all are synced, on a queue of their own. A file that
/// cannot be used is set aside, and a new one begins: round trips keep no mail from its way.
package final class RoundTripStore: Sendable {
    package static let stateName = "round-trips.state"
    package static let historyName = "round-trips.history"
    package static let journalName = "round-trips.journal"
    /// Larger than any file written here.
    private static let limit = 1 << 30

    private struct Lengths {
        var history = 0
        var journal = 0
    }

    private let directory: String
    private let report: @Sendable (TripNews) -> Void
    private let queue = DispatchQueue(label: "round trips", qos: .utility)
    /// The last of several states that are to be written.
    private let state = Mutex<[UInt8]?>(nil)
    private let lengths = Mutex(Lengths())
    private let failing = Mutex<Set<String>>([])

    /// - Parameters:
    ///   - directory: exists, and belongs to this process.
    ///   - report: called from any thread.
    package init(directory: String, report: @escaping @Sendable (TripNews) -> Void) {
        self.directory = directory
        self.report = report
    }

    private func path(_ name: String) -> String { "\(directory)/\(name)" }

    // MARK: - Reading

    /// As of the last time; empty without. Blocks on the disk.
    package func memory() -> TripMemory {
        let read = read(Self.stateName) { octets throws(TripFileError) in try TripMemory(octets: octets) }
        return read?.content ?? TripMemory()
    }

    /// As of the last time; empty without. Blocks on the disk; call once, before anything is appended.
    package func history() -> TripHistory {
        let read = read(Self.historyName) { octets throws(TripFileError) in try TripHistory(encoded: octets) }
        var history = read?.content ?? TripHistory()
        let octets = read?.octets ?? []
        let journal = self.read(Self.journalName) { journal throws(TripFileError) in
            try TripJournal.replay(journal, behind: octets, onto: &history)
        }
        if let length = journal?.content?.length {
            lengths.withLock { $0 = Lengths(history: octets.count, journal: length) }
            if length < journal?.octets.count ?? 0 { truncate(path(Self.journalName), off_t(length)) }
        } else {
            beginJournal(behind: octets)
        }
        return history
    }

    private func read<Content>(
        _ name: String, _ decode: ([UInt8]) throws(TripFileError) -> Content
    ) -> (content: Content, octets: [UInt8])? {
        let path = path(name)
        do {
            let octets = try SystemFile.read(path, limit: FileSize.of(path, upTo: Self.limit), flags: O_NOFOLLOW)
            return (try decode(octets), octets)
        } catch SystemFileError.call(ENOENT, _) {
            return nil
        } catch {
            let kept = "\(path).broken"
            let isKept = rename(path, kept) == 0
            report(.unreadable(path: path, reason: "\(error)", keptAt: isKept ? kept : nil))
            return nil
        }
    }

    // MARK: - Writing

    /// Writes it soon.
    package func save(_ memory: TripMemory) {
        let isFirst = state.withLock { state in
            defer { state = memory.octets }
            return state == nil
        }
        guard isFirst else { return }
        queue.async { [self] in
            guard let octets = state.withLock({ $0.take() }) else { return }
            attempt(Self.stateName) { () throws(SystemFileError) in
                try SystemFile.replace(Self.stateName, in: directory, with: octets)
            }
        }
    }

    /// Appends entries of a ``TripJournal`` soon.
    package func append(_ entries: [UInt8]) {
        queue.async { [self] in
            attempt(Self.journalName) { () throws(SystemFileError) in
                let length = lengths.withLock(\.journal)
                try JournalFile.append(entries, to: path(Self.journalName), at: length)
                lengths.withLock { $0.journal = length + entries.count }
            }
        }
    }

    /// Whether it is time to write the history.
    package var isJournalFull: Bool {
        let lengths = lengths.withLock(\.self)
        return TripJournal.isFull(lengths.journal, history: lengths.history)
    }

    /// Writes it soon, and begins a new journal. Encoding a history of years takes longer than a loop may wait.
    package func save(_ history: TripHistory) {
        queue.async { [self] in
            let octets = history.encoded()
            attempt(Self.historyName) { () throws(SystemFileError) in
                try SystemFile.replace(Self.historyName, in: directory, with: octets)
                beginJournal(behind: octets)
            }
        }
    }

    private func beginJournal(behind octets: [UInt8]) {
        let opening = TripJournal.opening(behind: octets)
        lengths.withLock { $0 = Lengths(history: octets.count, journal: opening.count) }
        attempt(Self.journalName) { () throws(SystemFileError) in
            try SystemFile.replace(Self.journalName, in: directory, with: opening)
        }
    }

    /// Returns once everything saved is on disk, or has failed.
    package func flush() async {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume() }
        }
    }

    /// A failure is told once, until the file can be written again.
    private func attempt(_ name: String, _ write: () throws(SystemFileError) -> Void) {
        do throws(SystemFileError) {
            try write()
            _ = failing.withLock { $0.remove(name) }
        } catch {
            guard failing.withLock({ $0.insert(name).inserted }) else { return }
            report(.unwritable(path: path(name), reason: "\(error)"))
        }
    }
}

private enum JournalFile {
    /// Appends octets, synced. What an attempt before has left there is overwritten.
    static func append(_ octets: [UInt8], to path: String, at length: Int) throws(SystemFileError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .call(errno, doing: "open \(path)") }
        defer { close(descriptor) }
        var done = 0
        while done < octets.count {
            let count = octets[done...].withUnsafeBytes {
                pwrite(descriptor, $0.baseAddress, $0.count, off_t(length + done))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .call(errno, doing: "write \(path)") }
            done += count
        }
        guard fdatasync(descriptor) == 0 else { throw .call(errno, doing: "sync \(path)") }
    }
}

private enum FileSize {
    /// - Throws: ``SystemFileError``.
    static func of(_ path: String, upTo limit: Int) throws(SystemFileError) -> Int {
        var status = stat()
        guard lstat(path, &status) == 0 else { throw .call(errno, doing: "find \(path)") }
        guard status.st_size <= limit else { throw .tooLong(limit: limit) }
        return max(1, Int(status.st_size))
    }
}
