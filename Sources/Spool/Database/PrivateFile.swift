internal import Glibc
internal import Mail

/// Sees to it that only the relay's user can read a database: it holds mail and addresses.
enum PrivateFile {
    private static let mode: mode_t = 0o600
    private static let others = S_IRWXG | S_IRWXO

    /// Makes the file of a database where it is missing, and takes it from everybody else where it is not. SQLite gives its
    /// log and index the mode of the database.
    ///
    /// An existing file is not opened: closing it again would take the locks away that another connection of this process
    /// has on it.
    ///
    /// - Throws: ``SpoolError`` if the file cannot be made.
    static func prepare(database path: String) throws(SpoolError) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        if descriptor >= 0 { close(descriptor) }
        guard descriptor >= 0 || errno == EEXIST else { throw .system(-errno, "make \(path)") }
        for file in [path, path + "-wal", path + "-shm"] { tighten(file) }
    }

    /// Somebody else's file stays as its owner wants it.
    private static func tighten(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & others != 0 else { return }
        _ = chmod(path, status.st_mode & 0o7777 & ~others)
    }
}
