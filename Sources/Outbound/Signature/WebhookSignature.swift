internal import Mail
internal import TLS

/// The header fields by which a receiver knows that a webhook is ours, unchanged, and not an old one sent again: Standard
/// Webhooks 1.0 (standardwebhooks.com), symmetric signatures.
package enum WebhookSignature {
    /// - Parameters:
    ///   - id: the same each time that a webhook is sent; visible ASCII without a point.
    ///   - timestamp: seconds since 1970, of this time.
    ///   - secrets: one, or two while a new one takes over: each signs.
    /// - Throws: ``TLSError`` with code `cryptography`, as ``WebError`` `secret`.
    package static func headers(
        id: String, timestamp: Int64, body: [UInt8], secrets: [WebhookSecret]
    ) throws(WebError) -> [(name: String, value: String)] {
        var signatures: [String] = []
        for secret in secrets { signatures.append(try sign(id: id, timestamp: timestamp, body: body, secret)) }
        let fields = [(name: "webhook-id", value: id), (name: "webhook-timestamp", value: "\(timestamp)")]
        guard !signatures.isEmpty else { return fields }
        return fields + [(name: "webhook-signature", value: signatures.joined(separator: " "))]
    }

    /// `v1,` and the Base64 of the HMAC-SHA-256 of id, time and body with points between them.
    static func sign(
        id: String, timestamp: Int64, body: [UInt8], _ secret: WebhookSecret
    ) throws(WebError) -> String {
        precondition(!id.utf8.contains(UInt8(ascii: ".")), "a webhook's id has no point")
        do throws(TLSError) {
            let code = try HMAC.authenticate(Array("\(id).\(timestamp).".utf8) + body, key: secret.key)
            return "v1,\(Base64.encode(code))"
        } catch {
            throw WebError(.secret, error.message, causes: error.causes)
        }
    }
}
