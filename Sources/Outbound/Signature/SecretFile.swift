internal import Glibc
internal import Mail

/// A small file with secrets. Read whenever they are needed: such files are replaced while the relay runs.
package enum SecretFile {
    /// Octets of the largest file.
    private static let limit = 4096

    /// The signing secrets of a webhook, one a line. While a secret is replaced, both are there, and both sign.
    ///
    /// - Throws: ``WebError`` `secret` with the path, and nothing of the content.
    package static func read(_ path: String) throws(WebError) -> [WebhookSecret] {
        let lines = try octets(of: path).split { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
        var secrets: [WebhookSecret] = []
        for line in lines {
            do throws(WebError) {
                secrets.append(try WebhookSecret(String(decoding: line, as: UTF8.self)))
            } catch {
                throw WebError(.secret, "\(path): line \(secrets.count + 1) \(error.message)")
            }
        }
        guard !secrets.isEmpty else { throw WebError(.secret, "\(path) is empty") }
        return secrets
    }

    /// The only line of a file, such as a key.
    ///
    /// - Throws: as ``read(_:)``.
    package static func line(_ path: String) throws(WebError) -> String {
        let lines = String(decoding: try octets(of: path), as: UTF8.self).split(whereSeparator: \.isNewline)
        guard let line = lines.first else { throw WebError(.secret, "\(path) is empty") }
        guard lines.count == 1 else { throw WebError(.secret, "\(path) has more than one line") }
        return String(line)
    }

    private static func octets(of path: String) throws(WebError) -> [UInt8] {
        // Without waiting for a writer, in case the path is a pipe.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw failure(path) }
        defer { close(descriptor) }
        var octets = [UInt8](repeating: 0, count: limit + 1)
        let count = octets.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
        guard count >= 0 else { throw failure(path) }
        guard count <= limit else { throw WebError(.secret, "\(path) exceeds \(limit) octets") }
        return Array(octets.prefix(count))
    }

    private static func failure(_ path: String) -> WebError {
        WebError(.secret, "\(path) cannot be read: \(String(cString: strerror(errno)))")
    }
}
