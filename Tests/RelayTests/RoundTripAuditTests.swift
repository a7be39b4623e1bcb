import Audit
import Mail
import RoundTrips
import Testing

@testable import Relay

@Suite("Round trips in the audit log")
struct RoundTripAuditTests {
    private let now = Timestamp(milliseconds: 1_795_255_200_123)

    private func record(_ action: TripAction, applied: Bool = true) -> AuditRecord? {
        let blame = UpstreamBlame(
            upstream: "ses", action: action, cause: "2 probes in a row are lost", since: now, paths: [])
        return AuditRecord(.blamed(blame, applied: applied), at: now)
    }

    @Test("a share that is reduced is a decision; telling is none, and a circuit has its own record")
    func decisions() throws {
        let reduced = try #require(record(.reduce))
        #expect(reduced.who == "relay" && reduced.what == "round-trip reduce" && reduced.subject == "ses")
        #expect(reduced.reason == "2 probes in a row are lost")
        #expect(record(.open) == nil && record(.alert) == nil && record(.reduce, applied: false) == nil)
        #expect(AuditRecord(.acquitted(upstream: "ses", cause: "mail arrives"), at: now) == nil)
    }
}
