internal import Mail
package import Spool
package import Suppression

/// A suppression, as listings show it; property names match the JSON. Every name is always present.
package struct SuppressionDocument: Codable, Hashable, Sendable {
    package let pattern: String
    package let reason: String
    package let source: String
    package let addedAt: String
    /// nil for never.
    package let expiresAt: String?
    /// nil for all routes.
    package let route: String?
    /// nil for the relay itself.
    package let addedBy: String?

    private enum CodingKeys: String, CodingKey {
        case pattern, reason, source, route
        case addedAt = "added_at"
        case expiresAt = "expires_at"
        case addedBy = "added_by"
    }

    package init(_ entry: SuppressionEntry) {
        pattern = entry.key.pattern.written
        reason = entry.reason
        source = entry.source.rawValue
        addedAt = entry.addedAt.rfc3339
        expiresAt = entry.expiresAt?.rfc3339
        route = entry.key.route
        addedBy = entry.addedBy
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(pattern, forKey: .pattern)
        try container.encode(reason, forKey: .reason)
        try container.encode(source, forKey: .source)
        try container.encode(addedAt, forKey: .addedAt)
        try container.encode(expiresAt, forKey: .expiresAt)
        try container.encode(route, forKey: .route)
        try container.encode(addedBy, forKey: .addedBy)
    }

    /// The suppression; nil if this is none.
    package var entry: SuppressionEntry? {
        guard let source = SuppressionSource(rawValue: source), let addedAt = Timestamp(rfc3339: addedAt),
            let pattern = try? SuppressionPattern(pattern)
        else { return nil }
        return SuppressionEntry(
            SuppressionKey(pattern, route: route), reason: reason, source: source,
            addedBy: addedBy, addedAt: addedAt, expiresAt: expiresAt.flatMap { Timestamp(rfc3339: $0) })
    }
}

/// Result of a change for one pattern.
package struct SuppressionResultDocument: Codable, Hashable, Sendable {
    package let pattern: String
    /// `added`, `replaced`, `removed` or `missing`.
    package let result: String
}

/// Result of a removal by filter.
package struct SuppressionRemovalDocument: Codable, Hashable, Sendable {
    package let removed: Int
}

/// Result of an import.
package struct SuppressionImportDocument: Codable, Hashable, Sendable {
    package let added: Int
    package let replaced: Int
    /// Lines that were left out because they are over.
    package let expired: Int
    /// Lines that stand for more than one address.
    package let wide: Int

    package init(_ result: SuppressionImportResult) {
        (added, replaced, expired, wide) = (result.added, result.replaced, result.expired, result.wide)
    }
}
