internal import Dispatch
internal import Glibc
package import Mail
package import Upstreams

/// What upstreams with quotas have been given, in the file `quotas.json` beside the spool.
///
/// The file is replaced as a whole and synced, on a queue of its own: once per block of recipients, not per message. A file
/// with invalid contents is set aside, and counting begins anew; one that the system does not let us read keeps the relay
/// from starting, because it may say that a quota is used up.
package final class QuotaStore: Sendable {
    /// Events of the file.
    package enum Event: Hashable, Sendable {
        /// What was counted is lost; the file was set aside as `keptAt`, if that was possible.
        case unreadable(path: String, reason: String, keptAt: String?)
    }

    /// Name of the file in the spool's directory.
    package static let fileName = "quotas.json"

    /// Larger than any file written here: at most 64 upstreams, each with some thousand octets per quota.
    private static let sizeLimit = 16 << 20

    private let directory: String
    private let queue = DispatchQueue(label: "quotas")

    /// The file's records by upstream, also of those that relay.conf does not have.
    package let records: [String: QuotaRecord]

    /// Reads the file, if it exists; blocks on the disk. Throws ``QuotaStoreError`` if the system refuses.
    ///
    /// - Parameters:
    ///   - directory: exists, and belongs to this process.
    ///   - report: called before this returns.
    package init(directory: String, report: (Event) -> Void) throws(QuotaStoreError) {
        self.directory = directory
        records = try Self.read(directory, report)
    }

    /// Writes the records of all upstreams.
    ///
    /// - Parameter done: told once, on any thread: nil once they are on disk, else why they are not.
    package func save(_ records: [String: QuotaRecord], done: @escaping @Sendable (String?) -> Void) {
        queue.async { [directory] in
            do {
                try SystemFile.replace(Self.fileName, in: directory, with: QuotaFile(records).octets())
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
        _ directory: String, _ report: (Event) -> Void
    ) throws(QuotaStoreError) -> [String: QuotaRecord] {
        let path = "\(directory)/\(fileName)"
        let reason: String
        do throws(SystemFileError) {
            let octets = try SystemFile.read(path, limit: sizeLimit, flags: O_NOFOLLOW)
            if let records = (try? QuotaFile(octets))?.records { return records }
            reason = "it is not what was written"
        } catch {
            switch error {
            case .call(ENOENT, _): return [:]
            case .call: throw QuotaStoreError(.system, "\(error); it says what upstreams with quotas have been given")
            case .tooLong: reason = error.description
            }
        }
        let kept = "\(path).broken"
        report(.unreadable(path: path, reason: reason, keptAt: rename(path, kept) == 0 ? kept : nil))
        return [:]
    }
}

/// Why the file could not be read.
package typealias QuotaStoreError = CodedError<QuotaStoreDomain>

/// The domain of ``QuotaStoreError``.
package enum QuotaStoreDomain {}

extension QuotaStoreError.Code {
    /// A system call failed, which says nothing about the file's contents.
    package static var system: Self { Self(rawValue: "system") }
}
