internal import Audit
internal import Mail
internal import RoundTrips

extension AuditRecord {
    /// What follows from round trips; nil for news that change nothing. A circuit that opens or closes has a record of its
    /// own.
    init?(_ news: TripNews, at moment: @autoclosure () -> Timestamp) {
        switch news {
        case .blamed(let blame, applied: true):
            self.init(
                at: moment(), who: Self.relay, what: "round-trip blame", subject: blame.upstream, reason: blame.cause,
                after: blame.action.rawValue)
        case .acquitted(let upstream, let cause):
            self.init(at: moment(), who: Self.relay, what: "round-trip acquit", subject: upstream, reason: cause)
        case .blamed, .fact, .notSent, .changed, .mailbox, .kept, .unreadable, .unwritable: return nil
        }
    }
}
