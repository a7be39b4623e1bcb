internal import Dispatch
package import Mail
internal import Synchronization

/// Operators' overrides of upstreams, persisted in the document `upstreams.json`: beside the spool, or in its database.
///
/// It is replaced as a whole, durably, on a queue of its own, so that nobody waits for the disk; of several pending
/// versions only the last is written. Invalid contents do not keep the relay from starting: the document is set aside, and
/// every upstream is enabled. A document that we cannot read does keep it from starting: it may disable an upstream, and may
/// be readable next time.
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

    /// Name of the document.
    package static let fileName = "upstreams.json"

    /// Larger than any document written here.
    private static let sizeLimit = 1 << 20

    private let documents: any DocumentStore
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
    ///   - names: of the upstreams in relay.conf.
    ///   - report: called from any thread.
    package convenience init(
        directory: String, upstreams names: some Sequence<String>, now: Timestamp,
        report: @escaping @Sendable (Event) -> Void
    ) throws(AdminOverrideError) {
        try self.init(DirectoryDocuments(directory), upstreams: names, now: now, report: report)
    }

    package init(
        _ documents: any DocumentStore, upstreams names: some Sequence<String>, now: Timestamp,
        report: @escaping @Sendable (Event) -> Void
    ) throws(AdminOverrideError) {
        let known = Set(names)
        let all = try Self.read(documents, report)
        self.documents = documents
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
            try documents.replace(Self.fileName, with: AdminOverrideFile(all).octets())
            failure.withLock { $0 = nil }
        } catch {
            let reason = Self.reason(error)
            failure.withLock { $0 = reason }
            report(.unwritable(path: documents.describe(Self.fileName), reason: reason))
        }
    }

    // MARK: - At the start

    private static func read(
        _ documents: any DocumentStore, _ report: (Event) -> Void
    ) throws(AdminOverrideError) -> [String: AdminOverride] {
        do {
            guard let octets = try documents.read(fileName, limit: sizeLimit) else { return [:] }
            return try AdminOverrideFile(octets).overrides()
        } catch SystemFileError.database(let reason) {
            throw AdminOverrideError(.system, "\(reason); it says which upstreams get no mail")
        } catch let error as SystemFileError where AdminOverrideError(error).code == .system {
            throw AdminOverrideError(
                .system,
                "\(AdminOverrideError(error)); it says which upstreams get no mail (to start with all enabled, move it away)"
            )
        } catch {
            let keptAt = documents.setAside(fileName)
            report(.unreadable(path: documents.describe(fileName), reason: reason(error), keptAt: keptAt))
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
