internal import Dispatch
internal import Glibc
package import Mail
internal import Synchronization

/// What operators have made of upstreams, as it outlives the process: the file `upstreams.json` beside the spool.
///
/// The file is replaced as a whole and synced, on a queue of its own, so that nobody waits for the disk; of several sets
/// that wait only the last is written. A file that holds something else does not keep the relay from starting: every upstream
/// is enabled then, and the file is kept aside. A file that the system does not let us read does: it may say of an upstream
/// that it gets no mail, and may be read the next time.
package final class AdminOverrideStore: Sendable {
    /// What there is to tell of the file.
    package enum Event: Hashable, Sendable {
        /// What operators had said is forgotten; the file is kept at `keptAt`, where that was possible.
        case unreadable(path: String, reason: String, keptAt: String?)
        /// The override stays in the file until the upstream is in relay.conf again, or its time is over.
        case unknownUpstream(String, state: AdminState)
        /// What operators said is in force, but a restart would forget it.
        case unwritable(path: String, reason: String)
    }

    /// The file's name in the directory of the spool.
    package static let fileName = "upstreams.json"

    /// More than this is nothing that was written here.
    private static let sizeLimit = 1 << 20

    private let directory: String
    /// Overrides of upstreams that are not in relay.conf.
    private let others: [String: AdminOverride]
    private let report: @Sendable (Event) -> Void
    private let queue = DispatchQueue(label: "admin-overrides")
    private let waiting = Mutex<[String: AdminOverride]?>(nil)
    private let failure = Mutex<String?>(nil)

    /// The overrides that the file had, of the upstreams that are in relay.conf; some may be over by now.
    package let overrides: [String: AdminOverride]

    /// Reads the file, if there is one; waits for the disk. Throws ``AdminOverrideError`` where the system does not let us.
    ///
    /// - Parameters:
    ///   - directory: it exists, and belongs to this process.
    ///   - names: of the upstreams in relay.conf.
    ///   - report: called from any thread.
    package init(
        directory: String, upstreams names: some Sequence<String>, now: Timestamp,
        report: @escaping @Sendable (Event) -> Void
    ) throws(AdminOverrideError) {
        let known = Set(names)
        let all = try Self.read(directory, report)
        self.directory = directory
        self.report = report
        overrides = all.filter { known.contains($0.key) }
        others = all.filter { name, adminOverride in
            !known.contains(name) && adminOverride.until.map { now < $0 } != false
        }
        for (name, adminOverride) in others.sorted(by: { $0.key < $1.key }) {
            report(.unknownUpstream(name, state: adminOverride.state))
        }
    }

    /// Writes the overrides of all upstreams, soon; those that are enabled need none.
    package func save(_ overrides: [String: AdminOverride]) {
        let isFirst = waiting.withLock { waiting in
            defer { waiting = overrides }
            return waiting == nil
        }
        guard isFirst else { return }
        queue.async { self.write() }
    }

    /// Returns when everything that was saved is on disk, or has failed.
    package func flush() async {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume() }
        }
    }

    /// Why what was saved last is not on disk; nil where it is, or where nothing has been written yet.
    package var unsaved: String? { failure.withLock { $0 } }

    private func write() {
        let overrides = waiting.withLock { waiting in
            defer { waiting = nil }
            return waiting
        }
        guard let overrides else { return }
        let all = others.merging(overrides.filter { $0.value.state != .enabled }) { _, known in known }
        do {
            try SystemFile.replace(Self.fileName, in: directory, with: AdminOverrideFile(all).octets())
            failure.withLock { $0 = nil }
        } catch {
            let reason = Self.reason(error)
            failure.withLock { $0 = reason }
            report(.unwritable(path: Self.path(directory), reason: reason))
        }
    }

    // MARK: - At the start

    private static func path(_ directory: String) -> String { "\(directory)/\(fileName)" }

    private static func read(
        _ directory: String, _ report: (Event) -> Void
    ) throws(AdminOverrideError) -> [String: AdminOverride] {
        let path = path(directory)
        do {
            return try AdminOverrideFile(SystemFile.read(path, limit: sizeLimit, flags: O_NOFOLLOW)).overrides()
        } catch SystemFileError.call(ENOENT, _) {
            return [:]
        } catch let error as SystemFileError where AdminOverrideError(error).isSystem {
            throw AdminOverrideError(
                "\(AdminOverrideError(error)); it says which upstreams get no mail (to start with all enabled, move it away)",
                isSystem: true)
        } catch {
            let kept = "\(path).broken"
            let isKept = rename(path, kept) == 0
            report(.unreadable(path: path, reason: reason(error), keptAt: isKept ? kept : nil))
            return [:]
        }
    }

    private static func reason(_ error: any Error) -> String {
        switch error {
        case let error as AdminOverrideError: error.description
        case let error as SystemFileError: AdminOverrideError(error).description
        default: "it is not the JSON that was written: \(error)"
        }
    }
}
