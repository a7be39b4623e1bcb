internal import Dispatch
internal import Mail
internal import Synchronization

/// What is known of streams, persisted in the document `streams.json`, in the manner of
/// ``AdminOverrideStore``: replaced as a whole, durably, on a queue of its own, the last of several pending versions only.
///
/// One with invalid contents is set aside, and no stream is paused. One that we cannot read keeps the
/// relay from starting: it may say that a stream is paused, and may be readable next time.
package final class StreamStore: Sendable {
    /// Events of the file.
    package enum Event: Hashable, Sendable {
        /// Its contents are lost; it was set aside as `keptAt`, if that was possible.
        case unreadable(path: String, reason: String, keptAt: String?)
        /// What it should say is in force, but would be lost in a restart.
        case unwritable(path: String, reason: String)
    }

    private struct Failure {
        let reason: String
        let memory: StreamMemory
    }

    /// Time until what could not be written is tried again: a pause must not be lost because nothing else happens.
    private static let retryInterval = DispatchTimeInterval.seconds(10)

    /// Name of the document.
    package static let fileName = "streams.json"

    /// Larger than any document written here.
    private static let sizeLimit = 32 << 20

    private let documents: any DocumentStore
    private let report: @Sendable (Event) -> Void
    private let queue = DispatchQueue(label: "streams")
    private let waiting = Mutex<StreamMemory?>(nil)
    private let failure = Mutex<Failure?>(nil)

    /// As of the start.
    package let memory: StreamMemory

    /// Reads the file, if it exists; blocks on the disk. Throws ``AdminOverrideError`` if the system refuses.
    ///
    /// - Parameter report: called from any thread.
    package convenience init(
        directory: String, report: @escaping @Sendable (Event) -> Void
    ) throws(AdminOverrideError) {
        try self.init(DirectoryDocuments(directory), report: report)
    }

    package init(
        _ documents: any DocumentStore, report: @escaping @Sendable (Event) -> Void
    ) throws(AdminOverrideError) {
        memory = try Self.read(documents, report)
        self.documents = documents
        self.report = report
    }

    /// Writes it soon.
    package func save(_ memory: StreamMemory) {
        let isFirst = waiting.withLock { waiting in
            defer { waiting = memory }
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
    package var unsaved: String? { failure.withLock { $0?.reason } }

    private func write() {
        let memory = waiting.withLock { waiting in
            defer { waiting = nil }
            return waiting
        }
        guard let memory else { return }
        do {
            try documents.replace(Self.fileName, with: StreamFile(memory).octets())
            failure.withLock { $0 = nil }
        } catch {
            failed(memory, Self.reason(error))
        }
    }

    private func failed(_ memory: StreamMemory, _ reason: String) {
        let former = failure.withLock { failure in
            defer { failure = Failure(reason: reason, memory: memory) }
            return failure?.reason
        }
        // Counts are written every minute: it is told once.
        if former != reason { report(.unwritable(path: documents.describe(Self.fileName), reason: reason)) }
        if former == nil { retryLater() }
    }

    private func retryLater() {
        queue.asyncAfter(deadline: .now() + Self.retryInterval) { [weak self] in self?.retry() }
    }

    /// Writes what could not be written, unless something newer is there to write.
    func retry() {
        guard let memory = failure.withLock({ $0?.memory }) else { return }
        waiting.withLock { waiting in waiting = waiting ?? memory }
        write()
        if unsaved != nil { retryLater() }
    }

    // MARK: - At the start

    private static func read(
        _ documents: any DocumentStore, _ report: (Event) -> Void
    ) throws(AdminOverrideError) -> StreamMemory {
        do {
            guard let octets = try documents.read(fileName, limit: sizeLimit) else { return StreamMemory() }
            return try StreamFile(octets).memory()
        } catch SystemFileError.database(let reason) {
            throw AdminOverrideError(.system, "\(reason); it says which streams are paused")
        } catch let error as SystemFileError where AdminOverrideError(error).code == .system {
            throw AdminOverrideError(
                .system,
                "\(AdminOverrideError(error)); it says which streams are paused (to start with none, move it away)")
        } catch {
            let keptAt = documents.setAside(fileName)
            report(.unreadable(path: documents.describe(fileName), reason: reason(error), keptAt: keptAt))
            return StreamMemory()
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
