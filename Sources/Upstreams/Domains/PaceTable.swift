/// Which pace applies to a recipient's domain: the first entry that fits decides.
package struct PaceTable: Sendable {
    /// A pace in force: one domain of an entry, or one family.
    package struct Key: Hashable, Sendable {
        /// Index of the `[[pace]]`.
        package let entry: Int
        /// The domain in lower case, or `family:google`.
        package let name: String

        package init(entry: Int, name: String) {
            (self.entry, self.name) = (entry, name)
        }
    }

    package let entries: [PaceSettings]
    private var domains: [String: Int] = [:]
    private var families: [DomainFamily: Int] = [:]
    private var patterns: [(glob: Glob, entry: Int)] = []

    package init(_ entries: [PaceSettings]) {
        self.entries = entries
        for (entry, settings) in entries.enumerated() {
            for subject in settings.subjects { add(subject, entry) }
        }
    }

    private mutating func add(_ subject: PaceSubject, _ entry: Int) {
        switch subject {
        case .domain(let name): domains[name] = domains[name] ?? entry
        case .family(let family): families[family] = families[family] ?? entry
        case .pattern(let pattern): patterns.append((Glob(pattern), entry))
        }
    }

    /// The pace of a domain; nil for none. A domain that is named has a pace of its own; found by its family, or by a pattern,
    /// it shares that of its family, if it is of one.
    package func key(of domain: some StringProtocol) -> Key? {
        guard !entries.isEmpty, !domain.isEmpty else { return nil }
        let domain = domain.lowercased()
        let family = DomainFamily.family(of: domain)
        let named = domains[domain]
        let others = [family.flatMap { families[$0] }, patterns.first { $0.glob.matches(domain) }?.entry]
        let other = others.compactMap { $0 }.min()
        if let named, named <= other ?? named { return Key(entry: named, name: domain) }
        return other.map { Key(entry: $0, name: family?.text ?? domain) }
    }
}
