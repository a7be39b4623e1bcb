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

    /// Makes a key, under the name that it has until the log that begins with it is on disk: a relay that dies in between
    /// has begun no log, and one that is missing although there is a settled key was taken away.
    static func make(_ path: String, _ storage: any AuditStorage) throws(AuditError) -> [UInt8] {
        let key: [UInt8]
        do {
            key = try SecureRandom.octets(count)
        } catch {
            throw AuditError(.key, "cannot make a key for the audit log: \(error.message)")
        }
        try storage.create(unsettled(path), Array("\(Hexadecimal.text(of: key))\n".utf8))
        return key
    }

    static func readUnsettled(_ path: String, _ storage: any AuditStorage) -> [UInt8]? {
        try? read(unsettled(path), storage)
    }

    /// The log that begins with the key is on disk.
    static func settle(_ path: String, _ storage: any AuditStorage) throws(AuditError) {
        guard try storage.move(unsettled(path), to: path) else {
            throw AuditError(.key, "\(path) has appeared meanwhile: it is not the key of the log that begins")
        }
    }

    private static func unsettled(_ path: String) -> String { path + ".new" }
}
