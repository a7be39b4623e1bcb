internal import Glibc

/// Why a file could not be read or written.
package enum SystemFileError: Error, CustomStringConvertible {
    /// A system call failed.
    case call(Int32, doing: String)
    /// It exceeds this size.
    case tooLong(limit: Int)
    /// It is in a database that does not answer, or refuses it.
    case database(String)

    package var description: String {
        switch self {
        case .call(let number, let doing): "cannot \(doing): \(SystemFile.reason(number))"
        case .tooLong(let limit): "it is longer than \(limit) octets"
        case .database(let reason): reason
        }
    }
}

/// Small files that are read and replaced as a whole.
package enum SystemFile {
    /// - Parameters:
    ///   - limit: maximum size in octets; keeps a wrong path from filling memory.
    ///   - flags: of open(2), in addition to those needed for reading.
    package static func read(_ path: String, limit: Int, flags: Int32 = 0) throws(SystemFileError) -> [UInt8] {
        // Without waiting for a writer, in case the path is a pipe.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | flags)
        guard descriptor >= 0 else { throw .call(errno, doing: "open \(path)") }
        defer { close(descriptor) }
        var octets = [UInt8](repeating: 0, count: limit + 1)
        var length = 0
        while length < octets.count {
            let rest = length
            let count = octets.withUnsafeMutableBytes {
                Glibc.read(descriptor, $0.baseAddress.map { $0 + rest }, $0.count - rest)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .call(errno, doing: "read \(path)") }
            if count == 0 { return Array(octets.prefix(length)) }
            length += count
        }
        throw .tooLong(limit: limit)
    }

    /// The same, without following a link.
    ///
    /// - Returns: nil if there is no such file.
    static func contents(_ path: String, limit: Int) throws(SystemFileError) -> [UInt8]? {
        do throws(SystemFileError) {
            return try read(path, limit: limit, flags: O_NOFOLLOW)
        } catch {
            if case .call(ENOENT, _) = error { return nil }
            throw error
        }
    }

    /// - Returns: whether it was possible.
    static func rename(_ path: String, to other: String) -> Bool { Glibc.rename(path, other) == 0 }

    /// Replaces the file `name` with `octets`, atomically, readable by its owner only; on return they are on disk.
    package static func replace(_ name: String, in directory: String, with octets: [UInt8]) throws(SystemFileError) {
        let (path, temporary) = ("\(directory)/\(name)", "\(directory)/.\(name).new")
        unlink(temporary)
        do throws(SystemFileError) {
            try write(octets, to: temporary)
            guard rename(temporary, to: path) else { throw .call(errno, doing: "put \(path) in its place") }
        } catch {
            unlink(temporary)
            throw error
        }
        try sync(directory, O_RDONLY | O_DIRECTORY)
    }

    /// Creates a file that must not exist yet.
    private static func write(_ octets: [UInt8], to path: String) throws(SystemFileError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .call(errno, doing: "make \(path)") }
        defer { close(descriptor) }
        var rest = octets[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .call(errno, doing: "write \(path)") }
            rest = rest.dropFirst(count)
        }
        guard fsync(descriptor) == 0 else { throw .call(errno, doing: "sync \(path)") }
    }

    private static func sync(_ path: String, _ flags: Int32) throws(SystemFileError) {
        let descriptor = open(path, flags | O_CLOEXEC)
        guard descriptor >= 0 else { throw .call(errno, doing: "open \(path)") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .call(errno, doing: "sync \(path)") }
    }

    static func reason(_ number: Int32) -> String {
        String(cString: strerror(number))
    }
}
