internal import Glibc

/// Who may do what in a directory.
package struct DirectoryAccess: Hashable, Sendable {
    /// The permissions alone.
    package let mode: UInt32
    /// Number of its group.
    package let group: UInt32

    /// - Returns: nil if the system does not tell; `errno` says why.
    package init?(of path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        (mode, group) = (status.st_mode & 0o7777, status.st_gid)
    }
}
