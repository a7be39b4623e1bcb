/// Maps host names to certificates; a value independent of the library.
struct ServerNames: Equatable, Sendable {
    /// The parts of a certificate that matter for the choice.
    struct Candidate: Equatable {
        let hostNames: [String]
        let keyType: Int32
    }

    /// For each candidate, the certificates to present together: itself, and those of other key types that cover all
    /// its names.
    let groups: [[Int]]
    private let exact: [String: Int]
    /// By what follows the asterisk, including the dot.
    private let wildcards: [String: Int]

    init(_ candidates: [Candidate]) {
        let groups = candidates.indices.map { Self.group(of: $0, in: candidates) }
        var exact: [String: Int] = [:]
        var wildcards: [String: Int] = [:]
        for index in candidates.indices.sorted(by: { (groups[$1].count, $0) < (groups[$0].count, $1) }) {
            for name in candidates[index].hostNames {
                if name.hasPrefix("*.") {
                    wildcards.keepFirst(index, of: String(name.dropFirst()))
                } else {
                    exact.keepFirst(index, of: name)
                }
            }
        }
        (self.groups, self.exact, self.wildcards) = (groups, exact, wildcards)
    }

    private static func group(of index: Int, in candidates: [Candidate]) -> [Int] {
        let names = Set(candidates[index].hostNames)
        var kinds: Set = [candidates[index].keyType]
        return [index]
            + candidates.indices.filter { other in
                other != index && names.isSubset(of: candidates[other].hostNames)
                    && kinds.insert(candidates[other].keyType).inserted
            }
    }

    /// The group for a host (RFC 6066 section 3): an exact name first, then a wildcard for exactly one label (RFC 6125
    /// section 6.4.3), then the first group.
    func group(for host: String) -> Int {
        var name = host.lowercased()
        if name.hasSuffix(".") { name.removeLast() }
        if let index = exact[name] { return index }
        guard let dot = name.firstIndex(of: "."), dot != name.startIndex else { return 0 }
        return wildcards[String(name[dot...])] ?? 0
    }
}

extension [String: Int] {
    fileprivate mutating func keepFirst(_ index: Int, of name: String) {
        if self[name] == nil { self[name] = index }
    }
}
