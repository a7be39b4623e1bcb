internal import Mail
internal import Glibc

/// The file operations of the spool, so that tests can substitute a failing disk.
///
/// Every call returns 0 or more, or a negative error number; none retries.
package protocol FileLayer: Sendable {
    func open(_ path: String, _ flags: Int32) -> Int32
    func close(_ descriptor: Int32) -> Int32
    /// May write fewer octets than given.
    func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer, at offset: Int) -> Int
    /// May read fewer octets than there is room for; 0 at the end of the file.
    func read(_ descriptor: Int32, _ bytes: UnsafeMutableRawBufferPointer, at offset: Int) -> Int
    func sync(_ descriptor: Int32) -> Int32
    /// Reserves space for this many octets from the start.
    func allocate(_ descriptor: Int32, _ octets: Int) -> Int32
    func size(_ descriptor: Int32) -> Int
    func unlink(_ path: String) -> Int32
    /// Gives a file another name in its directory, in place of the file that has it.
    func rename(_ path: String, to other: String) -> Int32
    /// Creates a directory that only this user may enter.
    func makeDirectory(_ path: String) -> Int32
    /// Writes a mapping of the whole file at `path` to disk.
    func syncMapping(_ memory: UnsafeMutableRawBufferPointer, of path: String) -> Int32
    /// Octets available to an unprivileged process on the file system of `path`.
    func freeSpace(_ path: String) -> Int
    /// Octets of the whole file system of `path`.
    func totalSpace(_ path: String) -> Int
    /// Cuts a file to this many octets, and gives the rest back to the file system.
    func truncate(_ descriptor: Int32, _ octets: Int) -> Int32
    /// What stands at `path` now; nil for nothing.
    func entry(_ path: String) -> FileEntry?
}

/// A file as its path shows it.
package struct FileEntry: Hashable, Sendable {
    /// Device and number, which no two files have in common.
    package struct Identity: Hashable, Sendable {
        let device: UInt
        let number: UInt
    }

    package let identity: Identity
    /// In octets.
    package let size: Int
}

extension FileLayer {
    package func rename(_ path: String, to other: String) -> Int32 {
        Glibc.rename(path, other) < 0 ? -errno : 0
    }

    package func totalSpace(_ path: String) -> Int {
        var status = statvfs()
        return statvfs(path, &status) < 0 ? -Int(errno) : Int(status.f_blocks) * Int(status.f_frsize)
    }

    package func truncate(_ descriptor: Int32, _ octets: Int) -> Int32 {
        ftruncate(descriptor, octets) < 0 ? -errno : 0
    }

    package func entry(_ path: String) -> FileEntry? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        let identity = FileEntry.Identity(device: UInt(status.st_dev), number: UInt(status.st_ino))
        return FileEntry(identity: identity, size: Int(status.st_size))
    }
}

/// The operating system's files.
package struct SystemFileLayer: FileLayer {
    package init() {}

    package func open(_ path: String, _ flags: Int32) -> Int32 {
        let descriptor = Glibc.open(path, flags | O_CLOEXEC, 0o600)
        return descriptor < 0 ? -errno : descriptor
    }

    package func close(_ descriptor: Int32) -> Int32 {
        Glibc.close(descriptor) < 0 ? -errno : 0
    }

    package func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer, at offset: Int) -> Int {
        let count = pwrite(descriptor, bytes.baseAddress, bytes.count, offset)
        return count < 0 ? -Int(errno) : count
    }

    package func read(_ descriptor: Int32, _ bytes: UnsafeMutableRawBufferPointer, at offset: Int) -> Int {
        let count = pread(descriptor, bytes.baseAddress, bytes.count, offset)
        return count < 0 ? -Int(errno) : count
    }

    package func sync(_ descriptor: Int32) -> Int32 {
        fdatasync(descriptor) < 0 ? -errno : 0
    }

    package func allocate(_ descriptor: Int32, _ octets: Int) -> Int32 {
        -posix_fallocate(descriptor, 0, octets)
    }

    package func size(_ descriptor: Int32) -> Int {
        var status = stat()
        return fstat(descriptor, &status) < 0 ? -Int(errno) : Int(status.st_size)
    }

    package func unlink(_ path: String) -> Int32 {
        Glibc.unlink(path) < 0 ? -errno : 0
    }

    package func makeDirectory(_ path: String) -> Int32 {
        mkdir(path, 0o700) < 0 ? -errno : 0
    }

    package func syncMapping(_ memory: UnsafeMutableRawBufferPointer, of path: String) -> Int32 {
        msync(memory.baseAddress, memory.count, MS_SYNC) < 0 ? -errno : 0
    }

    package func freeSpace(_ path: String) -> Int {
        var status = statvfs()
        return statvfs(path, &status) < 0 ? -Int(errno) : Int(status.f_bavail) * Int(status.f_frsize)
    }
}

extension FileLayer {
    /// Creates a directory where it is missing, and makes its name durable: mail would be lost with it.
    package func makeDataDirectory(_ path: String) throws(SpoolError) {
        let made = makeDirectory(path)
        guard made != -EEXIST else { return }
        guard made >= 0 else { throw .system(made, "make the directory \(path)") }
        try syncDirectory(SystemFileLayer.parent(of: path))
    }

    /// Makes the names in a directory durable.
    ///
    /// A directory has no data of its own to speak of; fdatasync writes what is needed to find the files.
    package func syncDirectory(_ path: String) throws(SpoolError) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY)
        guard descriptor >= 0 else { throw .system(descriptor, "open \(path)") }
        defer { _ = close(descriptor) }
        let synced = sync(descriptor)
        guard synced >= 0 else { throw .system(synced, "sync \(path)") }
    }

    /// The directory of a file or directory.
    static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}

extension SpoolError {
    /// Errors that mean a lack of room: of the disk, of a quota, of the size that a file may have (`ulimit -f`).
    static let roomErrors = [ENOSPC, EDQUOT, EFBIG]

    /// The error for a failed call: `full` if there is no room, otherwise `inputOutput`.
    package static func system(_ number: Int32, _ doing: String) -> SpoolError {
        let code: Code = roomErrors.contains(abs(number)) ? .full : .inputOutput
        return SpoolError(code, "cannot \(doing): \(String(cString: strerror(abs(number))))")
    }
}
