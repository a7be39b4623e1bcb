#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// Reads the octets of relay.conf, and rejects whatever is not text.
enum ConfigurationFile {
    /// More than any relay.conf needs; keeps a wrong path from filling memory.
    static let sizeLimit = 1 << 20

    /// The text, without a byte order mark.
    static func read(_ path: String) throws(ConfigurationProblem) -> String {
        let bytes = try octets(path)
        guard !bytes.starts(with: [0xFF, 0xFE]), !bytes.starts(with: [0xFE, 0xFF]) else {
            throw problem(path, "is in UTF-16", "save it as UTF-8")
        }
        if let zero = bytes.firstIndex(of: 0) {
            throw problem(path, "holds a NUL octet", "save it as plain text", line: line(of: zero, in: bytes))
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw problem(path, "is not UTF-8", "save it as UTF-8", line: line(of: firstInvalid(bytes), in: bytes))
        }
        let content = text.unicodeScalars.first == "\u{FEFF}" ? String(text.unicodeScalars.dropFirst()) : text
        guard content.utf8.contains(where: { $0 > 0x20 }) else {
            throw problem(path, "is empty", "start from relay.conf.example")
        }
        return content
    }

    private static func octets(_ path: String) throws(ConfigurationProblem) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw unreadable(path, errno) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = nextOctets(of: descriptor, into: &buffer)
            if count == 0 { return bytes }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw unreadable(path, errno) }
            bytes += buffer[..<count]
            guard bytes.count <= sizeLimit else {
                throw problem(path, "is larger than \(SizeText.format(sizeLimit))", "check that it is a relay.conf")
            }
        }
    }

    private static func unreadable(_ path: String, _ code: Int32) -> ConfigurationProblem {
        switch code {
        case ENOENT:
            problem(path, "does not exist", "write one (start from relay.conf.example) or name it with --config")
        case EISDIR: problem(path, "is a directory", "name the file in it with --config")
        case EACCES: problem(path, "is not readable by this user", "change its mode or owner")
        case _: problem(path, "cannot be read: " + String(cString: strerror(code)), nil)
        }
    }

    private static func problem(
        _ path: String, _ message: String, _ remedy: String?, line: Int? = nil
    ) -> ConfigurationProblem {
        ConfigurationProblem(file: path, line: line, message: "the file " + message, remedy: remedy)
    }

    private static func line(of position: Int, in bytes: [UInt8]) -> Int {
        1 + bytes[..<position].count { $0 == UInt8(ascii: "\n") }
    }

    /// The position of the first octet that belongs to no character.
    private static func firstInvalid(_ bytes: [UInt8]) -> Int {
        var low = 0
        for (index, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") {
            guard String(validating: bytes[low..<index], as: UTF8.self) != nil else { return low }
            low = index + 1
        }
        return min(low, bytes.count)
    }
}

/// Outside the type, where `read` is the system call.
private func nextOctets(of descriptor: Int32, into buffer: inout [UInt8]) -> Int {
    read(descriptor, &buffer, buffer.count)
}
