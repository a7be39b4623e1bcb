internal import Glibc
internal import Mail

/// The file layer of the audit log: the calls that can fail, so that tests can let them.
package protocol AuditStorage: Sendable {
    /// The octets of a file; nil if there is none. Throws ``AuditError``.
    func read(_ path: String, limit: Int) throws(AuditError) -> [UInt8]?
    /// Makes a file, which replaces one, readable by its owner only, with its directory entry on disk.
    func create(_ path: String, _ octets: [UInt8]) throws(AuditError)
    /// Renames a file, durably; never replaces one.
    ///
    /// - Returns: whether the new name was free.
    func move(_ path: String, to new: String) throws(AuditError) -> Bool
    /// Opens the log, which may not exist yet. Throws ``AuditError``.
    func open(_ path: String) throws(AuditError) -> Int32
    func size(of descriptor: Int32) throws(AuditError) -> Int
    /// Whether the path still leads to the open file.
    func isInPlace(_ descriptor: Int32, at path: String) -> Bool
    func read(_ descriptor: Int32, at offset: Int, count: Int) throws(AuditError) -> [UInt8]
    func write(_ octets: ArraySlice<UInt8>, to descriptor: Int32, at offset: Int) throws(AuditError)
    func truncate(_ descriptor: Int32, to size: Int) throws(AuditError)
    func sync(_ descriptor: Int32) throws(AuditError)
    func close(_ descriptor: Int32)
}

/// The system's files.
package struct SystemAuditStorage: AuditStorage {
    package init() {}

    package func read(_ path: String, limit: Int) throws(AuditError) -> [UInt8]? {
        guard let descriptor = try openToRead(path) else { return nil }
        defer { Glibc.close(descriptor) }
        return try read(descriptor, at: 0, count: limit)
    }

    /// - Returns: nil if there is no such file.
    func openToRead(_ path: String) throws(AuditError) -> Int32? {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        if descriptor < 0, errno == ENOENT { return nil }
        guard descriptor >= 0 else { throw Self.error("open \(path)") }
        return descriptor
    }

    package func create(_ path: String, _ octets: [UInt8]) throws(AuditError) {
        unlink(path)
        let descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.error("make \(path)") }
        defer { Glibc.close(descriptor) }
        try write(octets[...], to: descriptor, at: 0)
        try sync(descriptor)
        try syncDirectory(of: path)
    }

    package func move(_ path: String, to new: String) throws(AuditError) -> Bool {
        var status = stat()
        guard lstat(new, &status) != 0 else { return false }
        guard errno == ENOENT else { throw Self.error("examine \(new)") }
        guard rename(path, new) == 0 else { throw Self.error("rename \(path) to \(new)") }
        try syncDirectory(of: new)
        return true
    }

    package func open(_ path: String) throws(AuditError) -> Int32 {
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw Self.error("open \(path)") }
        do throws(AuditError) {
            try syncDirectory(of: path)
        } catch {
            Glibc.close(descriptor)
            throw error
        }
        return descriptor
    }

    package func size(of descriptor: Int32) throws(AuditError) -> Int {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Self.error("examine the audit log") }
        return Int(status.st_size)
    }

    package func isInPlace(_ descriptor: Int32, at path: String) -> Bool {
        var (open, there) = (stat(), stat())
        guard fstat(descriptor, &open) == 0, lstat(path, &there) == 0 else { return false }
        return open.st_dev == there.st_dev && open.st_ino == there.st_ino
    }

    package func read(_ descriptor: Int32, at offset: Int, count: Int) throws(AuditError) -> [UInt8] {
        var octets = [UInt8](repeating: 0, count: count)
        var length = 0
        while length < count {
            let have = length
            let part = octets.withUnsafeMutableBytes {
                pread(descriptor, $0.baseAddress.map { $0 + have }, $0.count - have, off_t(offset + have))
            }
            if part < 0, errno == EINTR { continue }
            guard part >= 0 else { throw Self.error("read the audit log") }
            if part == 0 { break }
            length += part
        }
        return Array(octets.prefix(length))
    }

    package func write(_ octets: ArraySlice<UInt8>, to descriptor: Int32, at offset: Int) throws(AuditError) {
        var (rest, place) = (octets, offset)
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, off_t(place)) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw Self.error("write the audit log") }
            rest = rest.dropFirst(count)
            place += count
        }
    }

    package func truncate(_ descriptor: Int32, to size: Int) throws(AuditError) {
        guard ftruncate(descriptor, off_t(size)) == 0 else { throw Self.error("cut the audit log") }
    }

    package func sync(_ descriptor: Int32) throws(AuditError) {
        guard fdatasync(descriptor) == 0 else { throw Self.error("sync the audit log") }
    }

    package func close(_ descriptor: Int32) { Glibc.close(descriptor) }

    private func syncDirectory(of path: String) throws(AuditError) {
        let directory = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        let descriptor = Glibc.open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.error("open \(directory)") }
        defer { Glibc.close(descriptor) }
        guard fsync(descriptor) == 0 else { throw Self.error("sync \(directory)") }
    }

    private static func error(_ doing: String) -> AuditError {
        AuditError(.system, "cannot \(doing): \(String(cString: strerror(errno)))")
    }
}
