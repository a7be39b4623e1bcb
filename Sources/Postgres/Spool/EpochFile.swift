internal import Delivery
internal import Mail
internal import Spool

/// The file `epoch` in the data directory: the number of the last connection that this machine has written by.
///
/// The journal of final dots beside it says what this machine was about. If another one has written since, the attempts that
/// are open may be that one's, of which the journal knows nothing.
struct EpochFile {
    private static let name = "epoch"
    private static let limit = 32

    let directory: String

    /// nil if there is none, or it is not what was written.
    var epoch: Int? {
        guard let octets = try? SystemFile.read("\(directory)/\(Self.name)", limit: Self.limit) else { return nil }
        return Int(String(decoding: octets, as: UTF8.self).prefix { $0 != "\n" })
    }

    /// - Returns: whether it is on disk. If it is not, more mail will be in doubt after a crash than is.
    func write(_ epoch: Int) -> Bool {
        (try? SystemFile.replace(Self.name, in: directory, with: Array("\(epoch)\n".utf8))) != nil
    }
}
