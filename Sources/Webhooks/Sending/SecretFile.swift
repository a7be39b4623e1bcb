internal import Glibc
internal import Mail
package import Outbound

/// The signing secrets of a webhook: a file with one a line. While a secret is replaced, both are there, and both sign.
package enum SecretFile {
    /// Octets of the largest file.
    private static let limit = 4096

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
