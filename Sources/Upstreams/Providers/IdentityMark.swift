package import Mail

/// Header fields that let a provider recognize a message, or an operator find it there.
package enum IdentityMark: Hashable, Sendable {
    /// The provider accepts a message only once per key.
    case idempotencyKey(field: String)
    /// `name=value`, separated by commas.
    case tags(field: String)
    /// One field per name, with this prefix.
    case metadata(prefix: String)
    /// A JSON object.
    case variables(field: String)
    /// A JSON object containing an object `metadata`.
    case metadataObject(field: String)

    /// Names of the queue ID and the transaction key in such fields.
    private static let idName = "posthorse-id"
    private static let keyName = "posthorse-key"

    var fieldNames: [String] {
        switch self {
        case .idempotencyKey(let field), .tags(let field), .variables(let field), .metadataObject(let field): [field]
        case .metadata(let prefix): [prefix + Self.idName, prefix + Self.keyName]
        }
    }

    func fields(queueID: String, key: String) -> [(name: String, value: String)] {
        let object = "{\"\(Self.idName)\":\"\(queueID)\",\"\(Self.keyName)\":\"\(key)\"}"
        switch self {
        case .idempotencyKey(let field):
            return [(field, key)]
        case .tags(let field):
            return [(field, "\(Self.idName)=\(queueID), \(Self.keyName)=\(key)")]
        case .metadata(let prefix):
            return [(prefix + Self.idName, queueID), (prefix + Self.keyName, key)]
        case .variables(let field):
            return [(field, object)]
        case .metadataObject(let field):
            return [(field, "{\"metadata\":\(object)}")]
        }
    }
}

extension Provider {
    /// Lower-case names of all fields that ``identityFields(queueID:key:)`` writes for any provider. A field set by an
    /// application is left alone, so ingress stores these along with a message's routing headers.
    package static let identityFieldNames: [String] = all.flatMap { $0.identity?.fieldNames ?? [] }
        .map { $0.lowercased() }

    /// Header fields to prepend at hand-over to this provider, so that the message is traceable there, or accepted only
    /// once.
    ///
    /// Deterministic; arguments of equal length give fields of equal length. No value exceeds 100 octets, or needs
    /// folding or quoting.
    ///
    /// - Parameter key: from ``IdentityKey``.
    package func identityFields(queueID: String, key: String) -> [(name: String, value: String)] {
        identity?.fields(queueID: queueID, key: key) ?? []
    }
}

/// Identifies a message together with the recipients handed over in one transaction: a retry with exactly these
/// recipients has the same key, and any other part of the message a different one.
package enum IdentityKey {
    /// - Parameter recipients: addresses, in any order.
    /// - Returns: the queue ID, a hyphen and 16 hexadecimal digits.
    package static func make(_ id: QueueID, recipients: some Sequence<String>) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for recipient in recipients.sorted() {
            for octet in recipient.utf8 { mix(octet, into: &hash) }
            mix(UInt8(ascii: "\n"), into: &hash)
        }
        let digits = String(hash, radix: 16)
        return "\(id)-" + String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }

    /// A key that belongs to no transaction, as long as any other: lengths must be announced before the accepted
    /// recipients are known.
    package static func placeholder(_ id: QueueID) -> String { make(id, recipients: EmptyCollection()) }

    /// One step of FNV-1a: well distributed, but not secret. Whoever finds a collision of two recipient lists only
    /// defeats their own message.
    private static func mix(_ octet: UInt8, into hash: inout UInt64) {
        hash = (hash ^ UInt64(octet)) &* 0x0000_0100_0000_01b3
    }
}
