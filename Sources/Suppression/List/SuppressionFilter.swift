package import Mail

/// Selects suppressions for a listing or a change.
package struct SuppressionFilter: Hashable, Sendable {
    package var source: SuppressionSource?
    /// Only those of this route; nil for all, also those without one.
    package var route: String?
    /// Part of the pattern, in any case.
    package var text: String?
    /// Only those added at this moment or later.
    package var since: Timestamp?

    package init(
        source: SuppressionSource? = nil, route: String? = nil, text: String? = nil, since: Timestamp? = nil
    ) {
        self.source = source
        self.route = route
        self.text = text?.lowercased()
        self.since = since
    }

    /// Whether it selects everything.
    package var isEmpty: Bool { self == SuppressionFilter() }

    package func fits(_ entry: SuppressionEntry) -> Bool {
        if let source, entry.source != source { return false }
        if let route, entry.key.route != route { return false }
        if let since, entry.addedAt < since { return false }
        if let text { return entry.key.pattern.text.contains(text) }
        return true
    }
}
