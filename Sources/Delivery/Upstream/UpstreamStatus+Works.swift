internal import Mail
internal import Upstreams

extension UpstreamStatus {
    /// Whether it takes mail, or gets the next message as its trial.
    package var works: Bool { isOpen && quotaFreeAt == nil }

    /// The same whatever is left of its quotas.
    private var isOpen: Bool { adminOverride.state == .enabled && (circuit == .closed || awaitsTrial) }

    /// When its quotas are free again, if they alone keep mail from it.
    fileprivate var spentUntil: Timestamp? { isOpen ? quotaFreeAt : nil }
}

extension [UpstreamStatus] {
    /// Why all mail waits, in words that name the upstream which is likely to be the first again; nil while one works, or
    /// where there is none.
    package var standstill: String? {
        guard let first, !contains(where: \.works) else { return nil }
        let spent = compactMap { upstream in upstream.spentUntil.map { (upstream.name, $0) } }.min { $0.1 < $1.1 }
        let reason =
            spent.map { "the quota of \($0) is used up until \($1.rfc3339)" }
            ?? "the last error of \(first.name): \(first.lastError ?? "-")"
        return "no upstream works; \(reason)"
    }
}
