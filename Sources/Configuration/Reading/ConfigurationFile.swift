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
    ///
    /// - Parameter isPipeAllowed: whether a pipe may be read to its end, however long its writer takes.
    static func read(_ path: String, isPipeAllowed: Bool = false) throws(ConfigurationProblem) -> String {
        let bytes = try octets(path, isPipeAllowed)
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

    private static func octets(_ path: String, _ isPipeAllowed: Bool) throws(ConfigurationProblem) -> [UInt8] {
        do throws(RegularFile.Fault) {
            return try RegularFile.read(path, limit: sizeLimit, isPipeAllowed: isPipeAllowed)
        } catch {
            throw unreadable(path, error)
        }
    }

    private static func unreadable(_ path: String, _ fault: RegularFile.Fault) -> ConfigurationProblem {
        switch fault {
        case .isDirectory: problem(path, "is a directory", "name the file in it with --config")
        case .irregular: problem(path, "is not a regular file", "write the text to a file, and name that")
        case .tooLarge:
            problem(path, "is larger than \(SizeText.format(sizeLimit))", "check that it is a relay.conf")
        case .call(ENOENT):
            problem(path, "does not exist", "write one (start from relay.conf.example) or name it with --config")
        case .call(EACCES): problem(path, "is not readable by this user", "change its mode or owner")
        case .call(let code): problem(path, "cannot be read: " + String(cString: strerror(code)), nil)
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
