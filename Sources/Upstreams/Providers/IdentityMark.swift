package import Mail

/// Header fields by which a provider knows a message again, or an operator finds it there.
package enum IdentityMark: Hashable, Sendable {
    /// The provider takes what comes twice under one key once.
    case idempotencyKey(field: String)
    /// `name=value`, separated by commas.
    case tags(field: String)
    /// One field for each name, behind this prefix.
    case metadata(prefix: String)
    /// A JSON object.
    case variables(field: String)
    /// A JSON object with the object `metadata` in it.
    case metadataObject(field: String)

    /// Names under which the queue ID and the key of the transaction are found.
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
    /// Names in lower case of all fields that ``identityFields(queueID:key:)`` writes for any provider. Where an application
    /// has set one itself, it is left alone, so ingress keeps these with a message's routing facts.
    package static let identityFieldNames: [String] = all.flatMap { $0.identity?.fieldNames ?? [] }
        .map { $0.lowercased() }

    /// What goes in front of a message at hand-over to this provider, so that it is traceable there, or taken only once.
    ///
    /// Same arguments, same fields; arguments of the same length, fields of the same length. No value is longer than 100
    /// octets, or needs to be folded or quoted.
    ///
    /// - Parameter key: of ``IdentityKey``.
    package func identityFields(queueID: String, key: String) -> [(name: String, value: String)] {
        identity?.fields(queueID: queueID, key: key) ?? []
    }
}

/// Names a message together with those of its recipients that one transaction hands over: a retry of exactly these has the
/// same key, and another part of the message has another one.
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

    /// The key of no transaction, as long as every key: lengths have to be announced before it is known who is accepted.
    package static func placeholder(_ id: QueueID) -> String { make(id, recipients: EmptyCollection()) }

    /// One step of FNV-1a: a name that is spread well, not a secret. Who finds two lists of recipients with the same hash
    /// has fooled a message of his own.
    private static func mix(_ octet: UInt8, into hash: inout UInt64) {
        hash = (hash ^ UInt64(octet)) &* 0x0000_0100_0000_01b3
    }
}
