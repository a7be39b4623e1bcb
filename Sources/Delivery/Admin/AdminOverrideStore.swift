internal import Dispatch
internal import Glibc
package import Mail
internal import Synchronization

/// Operators' overrides of upstreams, persisted in the file `upstreams.json` beside the spool.
///
/// The file is replaced as a whole and synced, on a queue of its own, so that nobody waits for the disk; of several
/// pending versions only the last is written. A file with invalid contents does not keep the relay from starting: it is
/// set aside, and every upstream is enabled. A file that the system does not let us read does keep it from starting: it
/// may disable an upstream, and may be readable next time.
package final class AdminOverrideStore: Sendable {
    /// Events of the file.
    package enum Event: Hashable, Sendable {
        /// The overrides are lost; the file was set aside as `keptAt`, if that was possible.
        case unreadable(path: String, reason: String, keptAt: String?)
        /// The override stays in the file until the upstream is in relay.conf again, or until it expires.
        case unknownUpstream(String, state: AdminState)
        /// The overrides are in force, but would be lost in a restart.
        case unwritable(path: String, reason: String)
    }

    /// Name of the file in the spool's directory.
    package static let fileName = "upstreams.json"

    /// Larger than any file written here.
    private static let sizeLimit = 1 << 20

    private let directory: String
    private let report: @Sendable (Event) -> Void
    private let queue = DispatchQueue(label: "admin-overrides")
    private let waiting = Mutex<[String: AdminOverride]?>(nil)
    private let failure = Mutex<String?>(nil)

    /// The file's overrides; some of those of upstreams in relay.conf may have expired by now. The others are to be saved
    /// with them until their upstreams are in relay.conf again.
    package let overrides: [String: AdminOverride]

    /// Reads the file, if it exists; blocks on the disk. Throws ``AdminOverrideError`` if the system refuses.
    ///
    /// - Parameters:
    ///   - directory: exists, and belongs to this process.
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
        overrides = all.filter { name, adminOverride in
            known.contains(name) || adminOverride.until.map { now < $0 } != false
        }
        let others = overrides.filter { !known.contains($0.key) }
        for (name, adminOverride) in others.sorted(by: { $0.key < $1.key }) {
            report(.unknownUpstream(name, state: adminOverride.state))
        }
    }

    /// Writes the overrides of all upstreams soon; enabled ones need none.
    package func save(_ overrides: [String: AdminOverride]) {
        let isFirst = waiting.withLock { waiting in
            defer { waiting = overrides }
            return waiting == nil
        }
        guard isFirst else { return }
        queue.async { self.write() }
    }

    /// Returns once everything saved is on disk, or has failed.
    package func flush() async {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume() }
        }
    }

    /// Why the latest version is not on disk; nil if it is, or if nothing has been written yet.
    package var unsaved: String? { failure.withLock { $0 } }

    private func write() {
        let overrides = waiting.withLock { waiting in
            defer { waiting = nil }
            return waiting
        }
        guard let overrides else { return }
        let all = overrides.filter { $0.value.state != .enabled }
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
        } catch let error as SystemFileError where AdminOverrideError(error).code == .system {
            throw AdminOverrideError(
                .system,
                "\(AdminOverrideError(error)); it says which upstreams get no mail (to start with all enabled, move it away)"
            )
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
