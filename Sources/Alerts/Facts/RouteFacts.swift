/// A route, and which upstream carries its mail.
package struct RouteFacts: Hashable, Sendable {
    package var name: String
    /// Names in order of priority, without the last resort.
    package var upstreams: [String]
    package var lastResort: String?
    /// Whether the first that works gets the mail; else all share it.
    package var isOrdered: Bool

    package init(name: String, upstreams: [String], lastResort: String? = nil, isOrdered: Bool = true) {
        (self.name, self.upstreams, self.lastResort, self.isOrdered) = (name, upstreams, lastResort, isOrdered)
    }

    package enum Carrier: Hashable, Sendable {
        /// Those that should carry it do.
        case usual
        /// This upstream carries it instead.
        case fallback(String)
        /// No circuit is closed; this upstream answers again, and gets the next message as its trial.
        case trial(String)
        case nobody
        /// Nothing has happened yet that would tell.
        case unknown
    }

    /// Those that should carry its mail, as a subject: the first upstream, or all of those that share it.
    var usual: String { isOrdered ? upstreams.first ?? name : upstreams.joined(separator: ", ") }

    func carrier(_ facts: AlertFacts) -> Carrier {
        let list = upstreams.compactMap { facts.upstream($0) }
        let last = lastResort.flatMap { facts.upstream($0) }
        guard let first = list.first, list.count == upstreams.count else { return .unknown }
        let usual = isOrdered ? [first] : list
        let others = (isOrdered ? Array(list.dropFirst()) : []) + (last.map { [$0] } ?? [])
        if usual.contains(where: { isOrdered ? $0.isWhole : $0.works }) {
            return usual.allSatisfy { !$0.isProven } ? .unknown : .usual
        }
        if let carrier = others.first(where: \.works) { return .fallback(carrier.name) }
        if usual.contains(where: \.works) { return .usual }
        return (usual + others).first(where: \.awaitsTrial).map { .trial($0.name) } ?? .nobody
    }
}
