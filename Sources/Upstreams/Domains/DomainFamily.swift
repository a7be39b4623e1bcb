/// Recipient domains whose mailboxes one provider keeps, so that it counts their mail together.
package enum DomainFamily: String, Hashable, Sendable, CaseIterable {
    case google, microsoft, yahoo

    /// What is written in front of a family's name; no domain has a colon.
    package static let prefix = "family:"

    /// `family:google`.
    package var text: String { Self.prefix + rawValue }

    /// - Parameter text: `family:google`, in any case.
    package init?(text: String) {
        let lower = text.lowercased()
        guard lower.hasPrefix(Self.prefix) else { return nil }
        self.init(rawValue: String(lower.dropFirst(Self.prefix.count)))
    }

    /// The family of a domain; nil for none.
    ///
    /// - Parameter domain: in lower case.
    package static func family(of domain: String) -> DomainFamily? { byDomain[domain] }

    private static let byDomain = Dictionary(
        uniqueKeysWithValues: allCases.flatMap { family in family.domains.map { ($0, family) } })
}
