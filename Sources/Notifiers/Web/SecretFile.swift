internal import Delivery

/// A small file with a secret.
enum SecretFile {
    private static let limit = 64 << 10

    /// Its text without the line end. Read each time it is needed: files of secrets are replaced while the relay runs.
    ///
    /// - Throws: ``NotifierFailure`` if it cannot be read, or is empty.
    static func text(_ path: String) throws -> String {
        let octets: [UInt8]
        do {
            octets = try SystemFile.read(path, limit: limit)
        } catch {
            throw NotifierFailure("\(error)")
        }
        let text = String(decoding: SecretText.trimmed(octets), as: UTF8.self)
        guard !text.isEmpty else { throw NotifierFailure("\(path) is empty") }
        return text
    }
}
