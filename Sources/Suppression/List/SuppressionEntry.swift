package import Mail

/// Where a suppression comes from.
package enum SuppressionSource: String, Hashable, Sendable, CaseIterable {
    /// By hand.
    case `operator`
    case `import`
    /// The relay itself, after mail to the address failed.
    case hardBounces = "hard_bounces"
    case softBounces = "soft_bounces"
}

/// What a suppression is known by: there is one for each pattern and route.
package struct SuppressionKey: Hashable, Sendable {
    package let pattern: SuppressionPattern
    /// The only route it is for; nil for all.
    package let route: String?

    package init(_ pattern: SuppressionPattern, route: String? = nil) {
        self.pattern = pattern
        self.route = route
    }
}

/// A suppression: whom no mail goes to, and why.
package struct SuppressionEntry: Hashable, Sendable {
    package var key: SuppressionKey
    /// One line; empty if nobody gave one.
    package var reason: String
    package var source: SuppressionSource
    /// Who added it, as the system knows them: `uid:0`; nil for the relay itself.
    package var addedBy: String?
    package var addedAt: Timestamp
    /// nil for never.
    package var expiresAt: Timestamp?

    package init(
        _ key: SuppressionKey, reason: String, source: SuppressionSource, addedBy: String? = nil, addedAt: Timestamp,
        expiresAt: Timestamp? = nil
    ) {
        self.key = key
        self.reason = Self.line(reason)
        self.source = source
        self.addedBy = addedBy
        self.addedAt = addedAt
        self.expiresAt = expiresAt
    }

    package func isOver(at now: Timestamp) -> Bool { expiresAt.map { $0 <= now } ?? false }

    /// Most characters of a reason.
    package static let longestReason = 500

    /// On one line, without control characters, cut to ``longestReason``.
    private static func line(_ text: String) -> String {
        guard text.utf8.count > longestReason || text.unicodeScalars.contains(where: \.isControl) else { return text }
        var line = ""
        for scalar in text.unicodeScalars.prefix(longestReason) {
            line.unicodeScalars.append(scalar.isControl ? " " : scalar)
        }
        return line
    }
}

extension Unicode.Scalar {
    fileprivate var isControl: Bool {
        value < 0x20 || (0x7F...0x9F).contains(value) || value == 0x2028 || value == 0x2029
    }
}
