import Admin
import Delivery
import Foundation
import Mail
import Spool
import Testing
import Upstreams

@Suite("Documents of the admin interface")
struct DocumentTests {
    static func names(_ document: some Encodable) throws -> Set<String> {
        let object = try JSONSerialization.jsonObject(with: AdminJSON.data(document)) as? [String: Any]
        return Set(try #require(object).keys)
    }

    @Test("A message has all documented names, whether known or not")
    func message() throws {
        let document = MessageDocument(.example(1))
        let expected: Set = [
            "queue_id", "message_id", "received_at", "size", "sender", "priority", "state", "recipients", "route",
            "stream",
            "user", "probe", "class", "hold_reason",
        ]
        #expect(try Self.names(document) == expected)
        let ofRecipient: Set = [
            "address", "state", "hold_reason", "attempts", "next_attempt_at", "waits_for", "upstream", "last_reply",
            "class", "route",
        ]
        #expect(try Self.names(document.recipients[0]) == ofRecipient)
    }

    @Test("A held recipient has its reason, a failed one its class", arguments: Recipient.HoldReason.allCases)
    func holdReason(reason: Recipient.HoldReason) throws {
        var recipient = Recipient(address: Address(unchecked: "a@example.org"))
        #expect(RecipientDocument(recipient, attempt: nil).holdReason == nil)
        recipient.markHeld(reason)
        #expect(RecipientDocument(recipient, attempt: nil).holdReason == reason.rawValue)
        recipient.markFailed(.mailboxFull)
        let document = RecipientDocument(recipient, attempt: nil)
        #expect(document.holdReason == nil && document.failureClass == "mailbox_full")
    }

    @Test("A detailed message has the same names and its ledger")
    func detail() throws {
        let attempt = OpenAttempt(upstream: "ses", startedAt: RunningAdmin.now, recipients: [0, 9])
        let record = AttemptRecord(
            upstream: "mg", startedAt: RunningAdmin.now, endedAt: RunningAdmin.now + .seconds(1), recipients: [0],
            outcome: .inDoubt, phase: "dot", reply: "reset", dotSent: true)
        let document = MessageDetailDocument(.example(1, attempt: attempt), ledger: [record])
        let expected: Set = [
            "queue_id", "message_id", "received_at", "size", "sender", "priority", "state", "recipients", "route",
            "stream",
            "user", "probe", "class", "hold_reason", "origin", "body", "parameters", "expires_at", "cycles", "attempt",
            "ledger",
        ]
        #expect(try Self.names(document) == expected)
        #expect(
            try Self.names(document.ledger[0]) == [
                "upstream", "started_at", "ended_at", "recipients", "outcome", "phase", "reply", "tls", "dot_sent",
            ])
        #expect(document.ledger[0].outcome == "in_doubt")
        #expect(document.ledger[0].dotSent == true)
        #expect(document.attempt?.recipients == ["r1@b.example"])
        let data = try AdminJSON.data(document)
        #expect(try JSONDecoder().decode(MessageDetailDocument.self, from: data) == document)
    }

    @Test("An upstream has the documented names and latencies in milliseconds")
    func upstream() throws {
        var status = UpstreamStatus(name: "ses", priority: 1, address: "h:25", since: RunningAdmin.now)
        status.latencyP50 = .microseconds(12_340)
        let document = UpstreamDocument(status)
        #expect(
            try Self.names(document) == [
                "name", "priority", "address", "circuit", "awaits_trial", "admin_state", "admin_reason", "admin_until",
                "share", "rate", "connections", "connection_limit", "connection_limit_auto", "in_flight",
                "delivered_total", "failed_total", "latency_p50_ms", "latency_p95_ms",
                "messages_per_session", "sessions_allowed", "recipients_per_transaction", "lock_step", "quotas",
                "last_error",
                "since",
            ])
        #expect(document.latencyP50Milliseconds == 12.3)
        #expect(document.since == "2026-11-21T10:00:00.123Z")
    }

    @Test("A pace has the documented names, and stands alone where no domain has had mail")
    func pace() throws {
        var settings = PaceSettings([.family(.google), .domain("a.test")])
        (settings.maxRate, settings.maxConnections) = (Rate(count: 1200, per: .seconds(3600)), 5)
        let status = PaceStatus(
            entry: 0, name: "family:google", settings: settings,
            pace: DomainPace(settings, now: MonotonicInstant(nanoseconds: 0)), waiting: 7, nextAt: RunningAdmin.now)
        let documents = PaceReport(settings: [settings, PaceSettings([.pattern("*")])], paces: [status]).documents
        #expect(documents.map(\.pace) == ["family:google,a.test", "*"])
        #expect(documents.map(\.domain) == ["family:google", nil])
        #expect(documents.map(\.rate) == [0.333, nil])
        #expect(documents[0].waiting == 7 && documents[0].nextAt == "2026-11-21T10:00:00.123Z")
        for document in documents {
            #expect(
                try Self.names(document) == [
                    "pace", "domain", "rate", "max_rate", "reduced", "in_flight", "max_connections", "waiting",
                    "next_at",
                ])
        }
    }

    @Test("Statistics have the documented names and a figure for every state")
    func statistics() throws {
        let empty = StatisticsDocument(SpoolStatistics(), at: RunningAdmin.now)
        #expect(try Self.names(empty) == ["messages", "recipients", "bytes", "oldest_age_seconds", "by_state"])
        #expect(Set(empty.byState.keys) == Set(MessageDocument.states))
        let oldest = Timestamp(milliseconds: RunningAdmin.now.milliseconds - 61_000)
        let filled = StatisticsDocument(
            SpoolStatistics(messages: 1, oldestReceivedAt: oldest, byState: ["held": 2]), at: RunningAdmin.now)
        #expect(filled.oldestAgeSeconds == 61)
        #expect(filled.byState["held"] == 2)
    }

    @Test("A recipient is delivering while an attempt includes it, unless already final")
    func delivering() {
        let states: [Recipient.State] = [.queued, .deferred, .delivered, .failed, .queued]
        let recipients = states.map { Recipient(address: Address(unchecked: "a@b"), state: $0, upstream: "old") }
        let attempt = OpenAttempt(upstream: "new", startedAt: RunningAdmin.now, recipients: [0, 1, 2, 3])
        let document = MessageDocument(.example(1, recipients: recipients, attempt: attempt))
        #expect(document.recipients.map(\.state) == ["delivering", "delivering", "delivered", "failed", "queued"])
        #expect(document.recipients.map(\.upstream) == ["new", "new", "old", "old", "old"])
        #expect(document.state == "delivering")
    }

    @Test("Every recipient state has its place among the message states")
    func states() {
        for state in Recipient.State.allCases {
            let recipient = Recipient(address: Address(unchecked: "a@b"), state: state)
            #expect(MessageDocument(.example(1, recipients: [recipient])).state == state.rawValue)
        }
    }
}
