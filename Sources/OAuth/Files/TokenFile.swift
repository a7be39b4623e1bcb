internal import Glibc
internal import Mail

/// A file with one secret and nothing else but line ends.
enum TokenFile {
    /// Octets of the largest file.
    static let limit = 64 << 10

    /// - Parameter key: its name in relay.conf, for messages.
    /// - Throws: ``TokenError`` `file`, also for a file that every user of the machine can read.
    static func read(_ path: String, _ key: String) throws(TokenError) -> String {
        // Without waiting for a writer, in case the path is a pipe.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else { throw unreadable(path, key, errno) }
        defer { close(descriptor) }
        try check(descriptor, path, key)
        var octets = [UInt8](repeating: 0, count: limit + 1)
        var length = 0
        while length < octets.count {
            let rest = length
            let count = octets.withUnsafeMutableBytes {
                Glibc.read(descriptor, $0.baseAddress.map { $0 + rest }, $0.count - rest)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw unreadable(path, key, errno) }
            guard count > 0 else { return try secret(octets.prefix(length), path, key) }
            length += count
        }
        throw damaged(path, key, "holds more than \(limit) octets")
    }

    private static func check(_ descriptor: Int32, _ path: String, _ key: String) throws(TokenError) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw unreadable(path, key, errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw unusable(path, key, "is not a regular file") }
        guard status.st_mode & S_IROTH == 0 else {
            throw unusable(path, key, "can be read by every user of this machine: run chmod o-r on it")
        }
    }

    /// Without the line ends, blanks and the mark that editors add.
    private static func secret(_ octets: ArraySlice<UInt8>, _ path: String, _ key: String) throws(TokenError) -> String
    {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let text = octets.starts(with: mark) ? octets.dropFirst(mark.count) : octets
        guard let last = text.lastIndex(where: { $0 > 0x20 }) else { throw damaged(path, key, "is empty") }
        let secret = text[...last].drop { $0 <= 0x20 }
        guard secret.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw damaged(path, key, "has more than one line, or characters that no secret has")
        }
        return String(decoding: secret, as: UTF8.self)
    }

    private static func unreadable(_ path: String, _ key: String, _ number: Int32) -> TokenError {
        let what = "cannot be read: \(reason(number))"
        switch number {
        case ENOENT: return damaged(path, key, what)
        case EACCES, EPERM: return unusable(path, key, "\(what): let the relay's user read it")
        default: return unusable(path, key, what)
        }
    }

    /// Only somebody who has the secret can mend it.
    private static func damaged(_ path: String, _ key: String, _ what: String) -> TokenError {
        let secret = key == RefreshTokenShelf.key ? "a new refresh token" : "the secret"
        return unusable(path, key, "\(what): write \(secret) into it, alone on a line")
    }

    private static func unusable(_ path: String, _ key: String, _ what: String) -> TokenError {
        TokenError(.file, "no token: \(key) \(path) \(what)")
    }

    static func reason(_ number: Int32) -> String { String(cString: strerror(number)) }
}
