import Mail
import Testing
import Upstreams

@Suite("Outcome rules")
struct OutcomeRulesTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let phase: OutcomePhase
        let reply: Reply
        let verdict: Verdict
        var testDescription: String { "\(reply) at \(phase.rawValue)" }

        init(_ phase: OutcomePhase, _ code: UInt16, _ enhanced: String?, _ verdict: Verdict) {
            self.phase = phase
            self.reply = Reply(code, enhanced.flatMap { EnhancedStatusCode($0) }, "text")
            self.verdict = verdict
        }
    }

    static let transport = Verdict(.transport, .nextUpstream, countsAgainstCircuit: true)
    static let account = Verdict(.account, .nextUpstream, countsAgainstCircuit: true)
    static let refused = Verdict(.account, .nextUpstream, opensCircuit: true)

    static let rows: [Row] =
        OutcomePhase.allCases.filter { $0 != .auth }.map { Row($0, 421, nil, transport) } + [
            Row(.auth, 421, nil, refused),
            Row(.auth, 454, "4.7.0", refused),
            Row(.auth, 535, "5.7.8", refused),
            Row(.auth, 451, nil, refused),
            Row(.greeting, 554, nil, transport),
            Row(.greeting, 450, nil, transport),
            Row(.mail, 451, "4.3.0", account),
            Row(.mail, 299, nil, account),
            Row(.data, 451, nil, account),
            Row(.data, 250, nil, account),
            Row(.mail, 552, nil, Verdict(.message, .fail)),
            Row(.mail, 552, "5.3.4", Verdict(.message, .fail)),
            Row(.mail, 554, "5.6.3", Verdict(.message, .fail)),
            Row(.mail, 554, nil, Verdict(.sender, .nextUpstream)),
            Row(.mail, 550, "5.7.1", Verdict(.sender, .nextUpstream)),
            Row(.data, 554, "5.7.1", Verdict(.message, .fail)),
            Row(.rcpt, 450, "4.2.1", Verdict(.recipient, .nextUpstream)),
            Row(.rcpt, 550, "5.1.1", Verdict(.recipient, .fail)),
            Row(.dot, 451, nil, Verdict(.message, .retryLater)),
            Row(.dot, 554, nil, Verdict(.message, .fail)),
        ]

    @Test("every row of the table", arguments: rows)
    func row(row: Row) {
        #expect(OutcomeRules.verdict(row.reply, at: row.phase) == row.verdict)
    }
}
