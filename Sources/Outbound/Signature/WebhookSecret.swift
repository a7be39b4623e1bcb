internal import Mail

/// A key that signs webhooks: `whsec_` and the Base64 of 24 to 64 octets, as Standard Webhooks has it.
package struct WebhookSecret: Sendable, Hashable {
    package static let prefix = "whsec_"
    /// Octets of a key.
    package static let sizes = 24...64

    let key: [UInt8]

    /// - Throws: ``WebError`` `secret`; the message continues a sentence after the name of the file.
    package init(_ text: String) throws(WebError) {
        guard text.hasPrefix(Self.prefix) else { throw WebError(.secret, "does not begin with \(Self.prefix)") }
        guard let key = Base64.decode(Array(text.utf8.dropFirst(Self.prefix.utf8.count))) else {
            throw WebError(.secret, "is not Base64 after \(Self.prefix)")
        }
        guard Self.sizes.contains(key.count) else {
            throw WebError(.secret, "has \(key.count) octets, not \(Self.sizes.lowerBound) to \(Self.sizes.upperBound)")
        }
        self.key = key
    }
}

extension WebhookSecret: CustomStringConvertible {
    /// Shows nothing of the key.
    package var description: String { "\(Self.prefix)..." }
}
