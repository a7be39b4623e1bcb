internal import TLS

/// Decides, as a value, when a file that others write is to be read: once it has changed, and then stayed the same from
/// one look to the next, so that nobody reads half of it.
struct FileWatcher {
    private var known: FileStamp?
    private var last: FileStamp?

    /// - Parameter stamp: of the file as it was read; nil if it was not there.
    init(_ stamp: FileStamp?) {
        (known, last) = (stamp, stamp)
    }

    /// Takes a look.
    ///
    /// - Parameter stamp: nil if there is no file, as happens for a moment while it is replaced.
    /// - Returns: whether it is to be read now; once per state.
    mutating func hasChanged(_ stamp: FileStamp?) -> Bool {
        defer { last = stamp }
        guard let stamp, stamp != known, stamp == last else { return false }
        known = stamp
        return true
    }
}
