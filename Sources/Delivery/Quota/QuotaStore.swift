internal import Dispatch
package import Mail
package import Upstreams

/// What upstreams with quotas have been given, in the document `quotas.json`: beside the spool, or in its database.
///
/// It is replaced as a whole, durably, on a queue of its own: once per block of recipients, not per message. A document
/// with invalid contents is set aside, and counting begins anew; one that we cannot read keeps the relay from starting,
/// because it may say that a quota is used up.
package final class QuotaStore: Sendable {
    /// Events of the file.
    package enum Event: Hashable, Sendable {
        /// What was counted is lost; the file was set aside as `keptAt`, if that was possible.
        case unreadable(path: String, reason: String, keptAt: String?)
    }

    /// Name of the document.
    package static let fileName = "quotas.json"

    /// Larger than any document written here: at most 64 upstreams, each with some thousand octets per quota.
    private static let sizeLimit = 16 << 20

    private let documents: any DocumentStore
    private let queue = DispatchQueue(label: "quotas")

    /// The file's records by upstream, also of those that relay.conf does not have.
    package let records: [String: QuotaRecord]

    /// Reads the file, if it exists; blocks on the disk. Throws ``QuotaStoreError`` if the system refuses.
    ///
    /// - Parameter report: called before this returns.
    package convenience init(directory: String, report: (Event) -> Void) throws(QuotaStoreError) {
        try self.init(DirectoryDocuments(directory), report: report)
    }

    package init(_ documents: any DocumentStore, report: (Event) -> Void) throws(QuotaStoreError) {
        self.documents = documents
        records = try Self.read(documents, report)
    }

    /// Writes the records of all upstreams.
    ///
    /// - Parameter done: told once, on any thread: nil once they are on disk, else why they are not.
    package func save(_ records: [String: QuotaRecord], done: @escaping @Sendable (String?) -> Void) {
        queue.async { [documents] in
            do {
                try documents.replace(Self.fileName, with: QuotaFile(records).octets())
                done(nil)
            } catch {
                done("\(error)")
            }
        }
    }

    /// Returns once everything that was to be saved is on disk, or has failed.
    package func flush() async {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume() }
        }
    }

    private static func read(
        _ documents: any DocumentStore, _ report: (Event) -> Void
    ) throws(QuotaStoreError) -> [String: QuotaRecord] {
        let reason: String
        do throws(SystemFileError) {
            guard let octets = try documents.read(fileName, limit: sizeLimit) else { return [:] }
            if let records = (try? QuotaFile(octets))?.records { return records }
            reason = "it is not what was written"
        } catch {
            switch error {
            case .call, .database:
                throw QuotaStoreError(.system, "\(error); it says what upstreams with quotas have been given")
            case .tooLong: reason = error.description
            }
        }
        let keptAt = documents.setAside(fileName)
        report(.unreadable(path: documents.describe(fileName), reason: reason, keptAt: keptAt))
        return [:]
    }
}

/// Why the file could not be read.
package typealias QuotaStoreError = CodedError<QuotaStoreDomain>

/// The domain of ``QuotaStoreError``.
package enum QuotaStoreDomain {}

extension QuotaStoreError.Code {
    /// A system call, or the database, failed, which says nothing about the file's contents.
    package static var system: Self { Self(rawValue: "system") }
}
