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

    private struct Files {
        /// Octets of the history.
        var history = 0
        /// Octets of the journal; nil if there is none behind that history yet.
        var journal: Int?
        /// What the journal begins with.
        var opening = TripJournal.opening(behind: [])
        /// Whether the journal lacks what could not be written.
        var hasGap = false
    }

    private let directory: String
    private let report: @Sendable (TripNews) -> Void
    private let queue = DispatchQueue(label: "round trips", qos: .utility)
    /// The last of several states that are to be written.
    private let state = Mutex<[UInt8]?>(nil)
    private let files = Mutex(Files())
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
        let length = journal?.content?.length
        files.withLock {
            $0 = Files(history: octets.count, journal: length, opening: TripJournal.opening(behind: octets))
        }
        if let length, length < journal?.octets.count ?? 0 { truncate(path(Self.journalName), off_t(length)) }
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
            let known = files.withLock(\.self)
            let isWritten = attempt(Self.journalName) { () throws(SystemFileError) in
                guard let length = known.journal else {
                    return try SystemFile.replace(Self.journalName, in: directory, with: known.opening + entries)
                }
                try JournalFile.append(entries, to: path(Self.journalName), at: length)
            }
            files.withLock { files in
                if isWritten {
                    files.journal = (known.journal ?? known.opening.count) + entries.count
                } else {
                    files.hasGap = true
                }
            }
        }
    }

    /// Whether it is time to write the history: the journal is long, or lacks something.
    package var needsHistory: Bool {
        let files = files.withLock(\.self)
        return files.hasGap || TripJournal.isFull(files.journal ?? 0, history: files.history)
    }

    /// Writes it soon; the next entries begin a new journal. Encoding a history of years takes longer than a loop may wait.
    package func save(_ history: TripHistory) {
        queue.async { [self] in
            let octets = history.encoded()
            let isWritten = attempt(Self.historyName) { () throws(SystemFileError) in
                try SystemFile.replace(Self.historyName, in: directory, with: octets)
            }
            guard isWritten else { return }
            files.withLock { $0 = Files(history: octets.count, opening: TripJournal.opening(behind: octets)) }
        }
    }

    /// Returns once everything saved is on disk, or has failed.
    package func flush() async {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume() }
        }
    }

    /// A failure is told once, until the file can be written again.
    ///
    /// - Returns: whether it was written.
    @discardableResult
    private func attempt(_ name: String, _ write: () throws(SystemFileError) -> Void) -> Bool {
        do throws(SystemFileError) {
            try write()
            _ = failing.withLock { $0.remove(name) }
            return true
        } catch {
            if failing.withLock({ $0.insert(name).inserted }) {
                report(.unwritable(path: path(name), reason: "\(error)"))
            }
            return false
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
