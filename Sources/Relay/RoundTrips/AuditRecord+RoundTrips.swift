internal import Audit
internal import Mail
internal import RoundTrips

extension AuditRecord {
    /// What the relay has decided by itself about an upstream that loses mail; nil for news that are no decision. A
    /// circuit that is opened has its own record.
    init?(_ news: TripNews, at moment: @autoclosure () -> Timestamp) {
        guard case .blamed(let blame, applied: true) = news, blame.action == .reduce else { return nil }
        self.init(
            at: moment(), who: Self.relay, what: "round-trip reduce", subject: blame.upstream, reason: blame.cause,
            after: "reduced share")
    }
}
