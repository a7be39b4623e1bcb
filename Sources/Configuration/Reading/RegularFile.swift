#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// Reads the files that settings are in, or that they name, without waiting for anybody: at the end of a pipe without a
/// writer a relay would wait for ever.
enum RegularFile {
    /// Why a file cannot be read.
    enum Fault: Error, Equatable {
        /// A system call failed with this code.
        case call(Int32)
        /// A pipe, a socket, a device.
        case irregular
        case isDirectory
        /// It exceeds the limit.
        case tooLarge
    }

    /// - Parameters:
    ///   - limit: maximum size in octets; keeps a wrong path from filling memory.
    ///   - isPipeAllowed: whether a pipe may be read to its end, however long its writer takes.
    static func read(_ path: String, limit: Int, isPipeAllowed: Bool = false) throws(Fault) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        // The answer for a socket.
        if descriptor < 0, errno == ENXIO { throw .irregular }
        guard descriptor >= 0 else { throw .call(errno) }
        defer { close(descriptor) }
        try check(descriptor, isPipeAllowed)
        return try octets(of: descriptor, limit)
    }

    private static func check(_ descriptor: Int32, _ isPipeAllowed: Bool) throws(Fault) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .call(errno) }
        switch status.st_mode & S_IFMT {
        case S_IFREG: break
        case S_IFDIR: throw .isDirectory
        case S_IFIFO where isPipeAllowed: _ = fcntl(descriptor, F_SETFL, O_RDONLY)
        case _: throw .irregular
        }
    }

    private static func octets(of descriptor: Int32, _ limit: Int) throws(Fault) -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = nextOctets(of: descriptor, into: &buffer)
            if count == 0 { return bytes }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw .call(errno) }
            bytes += buffer[..<count]
            guard bytes.count <= limit else { throw .tooLarge }
        }
    }
}

/// Outside the type, where `read` is the system call.
private func nextOctets(of descriptor: Int32, into buffer: inout [UInt8]) -> Int {
    read(descriptor, &buffer, buffer.count)
}
