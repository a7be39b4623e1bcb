internal import Delivery
internal import Dispatch
internal import Glibc
package import RoundTrips
internal import Synchronization

/// What is kept of round trips: the files `round-trips.state`, what is under way, and `round-trips.history` beside the
/// spool. Each is replaced as a whole and synced on a queue of its own, the last of several pending versions only.
///
/// A file that cannot be used is set aside, and a new one begins: round trips keep no mail from its way.
package final class RoundTripStore: Sendable {
    package static let stateName = "round-trips.state"
    package static let historyName = "round-trips.history"
    /// Larger than any file written here.
    private static let limit = 1 << 30

    private let directory: String
    private let report: @Sendable (TripNews) -> Void
    private let queue = DispatchQueue(label: "round trips", qos: .utility)
    private let waiting = Mutex<[String: [UInt8]]>([:])
    private let failing = Mutex<Set<String>>([])

    /// - Parameters:
    ///   - directory: exists, and belongs to this process.
    ///   - report: called from any thread.
    package init(directory: String, report: @escaping @Sendable (TripNews) -> Void) {
        self.directory = directory
        self.report = report
    }

    // MARK: - Reading

    /// As of the last time; empty without. Blocks on the disk.
    package func memory() -> TripMemory {
        read(Self.stateName) { octets throws(TripFileError) in try TripMemory(octets: octets) } ?? TripMemory()
    }

    /// As of the last time; empty without. Blocks on the disk.
    package func history() -> TripHistory {
        read(Self.historyName) { octets throws(TripFileError) in try TripHistory(encoded: octets) } ?? TripHistory()
    }

    private func read<Content>(
        _ name: String, _ decode: ([UInt8]) throws(TripFileError) -> Content
    ) -> Content? {
        let path = "\(directory)/\(name)"
        do {
            let size = try FileSize.of(path, upTo: Self.limit)
            return try decode(SystemFile.read(path, limit: size, flags: O_NOFOLLOW))
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
    package func save(_ memory: TripMemory) { save(Self.stateName, memory.octets) }

    /// Writes it soon.
    package func save(_ history: TripHistory) {
        // Encoding a history of years takes longer than a loop may wait.
        queue.async { self.save(Self.historyName, history.encoded()) }
    }

    /// Returns once everything saved is on disk, or has failed.
    package func flush() async {
        for _ in 0..<2 {
            await withCheckedContinuation { continuation in
                queue.async { continuation.resume() }
            }
        }
    }

    private func save(_ name: String, _ octets: [UInt8]) {
        let isFirst = waiting.withLock { waiting in waiting.updateValue(octets, forKey: name) == nil }
        if isFirst { queue.async { self.write(name) } }
    }

    private func write(_ name: String) {
        guard let octets = waiting.withLock({ $0.removeValue(forKey: name) }) else { return }
        do throws(SystemFileError) {
            try SystemFile.replace(name, in: directory, with: octets)
            _ = failing.withLock { $0.remove(name) }
        } catch {
            // It is written again before long; told once.
            guard failing.withLock({ $0.insert(name).inserted }) else { return }
            report(.unwritable(path: "\(directory)/\(name)", reason: "\(error)"))
        }
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
