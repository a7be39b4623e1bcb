import Admin
import Console
import History
import Mail
import Spool
import Testing

@testable import posthorse

@Suite("The page of queue show")
struct MessageReportTests {
    private static let now = Timestamp(milliseconds: 1_795_255_200_000)

    private static func lines(_ recipient: Recipient, options: String = "") -> [String] {
        let message = SpooledMessage(
            id: QueueID(rawValue: 1), receivedAt: now, sender: .null, body: .sevenBit, priority: .normal,
            messageID: "<1@x>",
            origin: "test", size: 1, recipients: [recipient])
        let attempt = AttemptRecord(
            upstream: "ses", startedAt: now, endedAt: now, recipients: [0], outcome: .failed, phase: "rcpt",
            reply: recipient.lastReply ?? "", tls: nil, dotSent: false)
        let detail = MessageDetailDocument(message, ledger: [attempt])
        return MessageReport(detail, terminal: .plain, now: now, options: options).lines
    }

    private static func expiry(_ states: Recipient.State..., at time: Timestamp?) -> String? {
        let message = SpooledMessage(
            id: QueueID(rawValue: 1), receivedAt: now, sender: .null, body: .sevenBit, priority: .normal,
            messageID: "", origin: "", size: 1,
            recipients: states.map { Recipient(address: Address(unchecked: "a@x"), state: $0) })
        let detail = MessageDetailDocument(message, ledger: [], expiry: time)
        let lines = MessageReport(detail, terminal: .plain, now: now).lines
        return lines.first { $0.hasPrefix("Expires ") }.map { String($0.dropFirst(13)) }
    }

    @Test("says when the message expires, and what does not expire while it is as it is")
    func expires() {
        let time = Self.now + .seconds(3599)
        #expect(Self.expiry(.queued, at: time) == "\(time.rfc3339) (60m)")
        #expect(Self.expiry(.scheduled, .delivered, at: time) == "\(time.rfc3339) (60m)")
        #expect(
            Self.expiry(.deferred, .held, .inDoubt, at: time)
                == "\(time.rfc3339) (60m), but not for recipients that are held or in doubt")
        #expect(Self.expiry(.held, at: nil) == "not while it is held")
        #expect(Self.expiry(.inDoubt, .delivered, at: nil) == "not while it is in doubt")
        #expect(Self.expiry(.deferred, .held, at: nil) == "not before the relay is started")
        #expect(Self.expiry(.failed, at: nil) == "not any more: no recipient waits")
    }

    @Test("names the round trip of a probe, and says nothing of it for other mail")
    func probe() {
        for notice in [nil, NoticeKind.probe] {
            var message = SpooledMessage(
                id: QueueID(rawValue: 1), receivedAt: Self.now, sender: .null, body: .sevenBit, priority: .normal,
                messageID: "", origin: "",
                routing: RoutingFacts(probe: ProbeMark(trip: "gmail", upstream: "ses", number: 1)), size: 1,
                recipients: [])
            message.notice = notice
            let detail = MessageDetailDocument(message, ledger: [])
            let lines = MessageReport(detail, terminal: .plain, now: Self.now).lines
            #expect(lines.filter { $0.hasPrefix("Probe") } == (notice == nil ? [] : [Self.probeLine]))
        }
    }

    private static let probeLine = "Probe        of the round trip gmail"

    @Test("the same once it has left")
    func leftProbe() {
        var record = HistoryRecord(
            queueID: QueueID(rawValue: 1), receivedAt: Self.now, finishedAt: Self.now, size: 1, sender: "",
            messageID: "", recipients: [])
        for probe in [nil, "gmail"] {
            record.probe = probe
            let lines = HistoryReport(HistoryDocument(record, number: 1), terminal: .plain).lines
            #expect(lines.filter { $0.hasPrefix("Probe") } == (probe == nil ? [] : [Self.probeLine]))
        }
    }

    private static func recipient(_ state: Recipient.State, _ reply: String) -> Recipient {
        Recipient(
            address: Address(unchecked: "a@example.org"), state: state, attempts: 1, upstream: "ses",
            lastReply: reply)
    }

    @Test("names the command that explains a failure")
    func explain() {
        let lines = Self.lines(
            Self.recipient(.failed, "550 5.1.1 it's unknown"), options: " --config /etc/r.conf")
        #expect(
            lines.contains(
                #"      why: posthorse explain '550 5.1.1 it'\''s unknown' --upstream ses --phase rcpt --config /etc/r.conf"#
            ))
    }

    @Test(
        "names none for anything else",
        arguments: [
            (.deferred, "450 4.2.1 later"), (.failed, "expired; last: 450 4.2.1 later"),
            (.failed, "not sent: 553 5.6.7 ses does not accept this address (SMTPUTF8)"),
        ] as [(Recipient.State, String)])
    func nothing(state: Recipient.State, reply: String) {
        let lines = Self.lines(Self.recipient(state, reply))
        #expect(!lines.contains { $0.contains("explain") })
        #expect(lines.contains("      " + reply))
    }
}
