import Mail
import Notices

/// A message that failed, and its notice.
struct Sample {
    var settings = NoticeSettings(hostname: "relay.example")
    var facts: NoticeFacts
    var original: OriginalMessage? = OriginalMessage(bytes: Array(Self.message.utf8), isWhole: true)
    var purpose = NoticePlan.Purpose.report
    var kind = NoticeKind.failure
    /// 2026-11-29T10:00:00Z
    static let now = Timestamp(milliseconds: 1_795_946_400_000)

    static let message = """
        X-Posthorse-ID: 0ABCDEFGHJKMN\r
        From: Alice <alice@example.org>\r
        To: bob@example.net\r
        Subject: Hello\r
        Message-ID: <1@example.org>\r
        \r
        A line.\r
        ..a line with a dot\r

        """

    static let bob = NoticeRecipient(
        Address(unchecked: "bob@example.net"), action: .failed, status: EnhancedStatusCode(5, 1, 1),
        failureClass: .invalidRecipient, upstream: "ses", reply: "550 5.1.1 no such user here", lastAttemptAt: now)

    init(_ recipients: [NoticeRecipient] = [bob], sender: String = "alice@example.org") {
        facts = NoticeFacts(
            queueID: "0ABCDEFGHJKMN", sender: ReversePath(address: Address(unchecked: sender)),
            receivedAt: Timestamp(milliseconds: 1_795_942_800_000), messageID: "<1@example.org>",
            recipients: recipients)
    }

    var notice: Notice {
        let addressee = facts.sender.address ?? Address(unchecked: "postmaster@relay.example")
        let plan = NoticePlan(kind: kind, purpose: purpose, addressee: addressee, recipients: facts.recipients)
        return NoticeWriter(settings).write(plan, about: facts, id: "0ABCDEFGHJKMP", now: Self.now, original: original)
    }

    /// The notice as a mailbox would have it, with LF.
    var text: String {
        let octets = notice.header + notice.content
        var lines = octets.split(separator: 0x0A, omittingEmptySubsequences: false).map { line in
            line.first == 0x2E ? line.dropFirst() : line
        }
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines.map { String(decoding: $0.last == 0x0D ? $0.dropLast() : $0, as: UTF8.self) + "\n" }.joined()
    }
}
