package import Mail

/// A path outside a session, as in a file: the grammar of the envelope, with UTF-8 (RFC 5321 section 4.1.2, RFC 6531
/// section 3.3).
package enum EnvelopePath {
    /// - Parameter text: with its angle brackets; nothing may follow them.
    /// - Returns: nil if it is not a path.
    package static func parse(_ text: String) -> ReversePath? {
        let octets = Array(text.utf8)
        return octets.withUnsafeBytes { bytes in
            guard bytes.first == UInt8(ascii: "<"),
                let path = PathParser.parse(bytes, from: 0, allowsUTF8: true), path.end == bytes.count
            else { return nil }
            let mailbox = String(decoding: bytes[path.mailbox], as: UTF8.self)
            return ReversePath(address: mailbox.isEmpty ? nil : Address(unchecked: mailbox))
        }
    }
}
