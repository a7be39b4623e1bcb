internal import Glibc

/// Small files that are read and replaced as a whole.
enum SystemFile {
    /// More than this is nothing that was written here.
    private static let maxSize = 1 << 20

    /// - Returns: the content; nil where there is no such file.
    static func read(_ path: String) throws(AdminMarkError) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else {
            guard errno != ENOENT else { return nil }
            throw .system(errno, "open \(path)")
        }
        defer { close(descriptor) }
        var octets = [UInt8](repeating: 0, count: maxSize + 1)
        var length = 0
        while length < octets.count {
            let count = octets.withUnsafeMutableBytes {
                Glibc.read(descriptor, $0.baseAddress! + length, $0.count - length)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .system(errno, "read \(path)") }
            if count == 0 { return Array(octets.prefix(length)) }
            length += count
        }
        throw AdminMarkError("\(path) is longer than \(maxSize) octets")
    }

    /// Puts `octets` in the place of the file `name`, whole or not at all, for its owner only; after this they are on disk.
    static func replace(_ name: String, in directory: String, with octets: [UInt8]) throws(AdminMarkError) {
        let (path, temporary) = ("\(directory)/\(name)", "\(directory)/.\(name).new")
        unlink(temporary)
        try write(octets, to: temporary)
        guard rename(temporary, path) == 0 else { throw .system(errno, "put \(path) in its place") }
        try sync(directory, O_RDONLY | O_DIRECTORY)
    }

    /// Makes a file that must not be there yet.
    private static func write(_ octets: [UInt8], to path: String) throws(AdminMarkError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .system(errno, "make \(path)") }
        defer { close(descriptor) }
        var rest = octets[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .system(errno, "write \(path)") }
            rest = rest.dropFirst(count)
        }
        guard fsync(descriptor) == 0 else { throw .system(errno, "sync \(path)") }
    }

    private static func sync(_ path: String, _ flags: Int32) throws(AdminMarkError) {
        let descriptor = open(path, flags | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system(errno, "open \(path)") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .system(errno, "sync \(path)") }
    }

    static func reason(_ number: Int32) -> String {
        String(cString: strerror(number))
    }
}
