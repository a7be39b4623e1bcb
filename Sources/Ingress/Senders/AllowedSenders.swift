package import Suppression

/// `senders` of a `[[user]]` or a `[[listener]]`: as whom mail may be sent.
package struct AllowedSenders: Hashable, Sendable {
    /// Maximum number of patterns.
    package static let limit = 1000

    /// As configured; at least one, at most ``limit``.
    package let patterns: [SuppressionPattern]

    package init(_ patterns: [SuppressionPattern]) {
        precondition((1...Self.limit).contains(patterns.count), "nobody could send")
        self.patterns = patterns
    }

    /// Whether an address may be a sender; compared in normal form (``NormalAddress``).
    package func contain(_ address: String) -> Bool {
        let normal = NormalAddress.text(address)
        return patterns.contains { $0.matches(normal: normal) }
    }
}
