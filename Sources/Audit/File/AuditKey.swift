internal import Mail
internal import TLS

/// The key of the audit log, beside it: 32 random octets as hexadecimal digits, on a line.
enum AuditKey {
    private static let count = 32

    /// - Returns: nil if there is none.
    /// - Throws: ``AuditError`` with the code `key` if the file holds something else.
    static func read(_ path: String, _ storage: any AuditStorage) throws(AuditError) -> [UInt8]? {
        guard let octets = try storage.read(path, limit: 4 * count) else { return nil }
        let text = String(decoding: octets, as: UTF8.self)
        guard text.hasSuffix("\n"), let key = Hexadecimal.octets(of: text.dropLast()), key.count == count else {
            throw AuditError(.key, "\(path) is no key of an audit log")
        }
        return key
    }

    static func make(_ path: String, _ storage: any AuditStorage) throws(AuditError) -> [UInt8] {
        let key: [UInt8]
        do {
            key = try SecureRandom.octets(count)
        } catch {
            throw AuditError(.key, "cannot make a key for the audit log: \(error.message)")
        }
        try storage.create(path, Array("\(Hexadecimal.text(of: key))\n".utf8))
        return key
    }
}
