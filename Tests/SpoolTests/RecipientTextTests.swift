import Mail
import Testing

@testable import Spool

@Suite("Recipient text")
struct RecipientTextTests {
    private static let recipients: [[Recipient]] = [
        [],
        [.sample()],
        Recipient.State.allCases.map { Recipient.sample("\($0)@example.org", state: $0) },
        [
            Recipient(
                address: Address(unchecked: "\"a b\"@exämple.org"), state: .deferred, attempts: 123,
                nextAttemptAt: Timestamp(milliseconds: -5), upstream: "ses", lastReply: "451 4.7.1 später, „vielleicht“"
            ),
            Recipient(address: Address(unchecked: "x"), state: .failed, attempts: 9, lastReply: "550 no"),
            Recipient(
                address: Address(unchecked: "d@x"),
                options: RecipientOptions(notify: [.failure, .delay], originalRecipient: "rfc822;a+2Bb@x")),
            Recipient(
                address: Address(unchecked: "n@x"), options: RecipientOptions(notify: []), state: .deferred,
                lastReply: "451 later"),
        ],
        Recipient.Resolution.allCases.flatMap { resolution in
            [RecipientOptions.none, RecipientOptions(notify: [.failure])].map { options in
                Recipient(
                    address: Address(unchecked: "r@x"), options: options, state: .inDoubt, attempts: 1,
                    nextAttemptAt: Timestamp(milliseconds: 7), upstream: "ses", lastReply: "closed",
                    resolution: resolution)
            }
        },
        [
            Recipient(
                address: Address(unchecked: "i@x"), state: .deferred, attempts: 2, lastReply: "552 5.3.4 too large",
                impasse: Impasse(
                    count: 2, since: Timestamp(milliseconds: 1_800_000_000_000),
                    last: Timestamp(milliseconds: 1_800_000_060_000))),
            Recipient(
                address: Address(unchecked: "j@x"), options: RecipientOptions(notify: [.failure]), state: .inDoubt,
                resolution: .retry,
                impasse: Impasse(since: Timestamp(milliseconds: -1), last: Timestamp(milliseconds: 0))),
        ],
    ]

    @Test("survives a round trip", arguments: recipients)
    func roundTrip(recipients: [Recipient]) {
        var bytes: [UInt8] = []
        RecipientText.encode(recipients, into: &bytes)
        #expect(bytes.withUnsafeBytes { RecipientText.decode($0) } == recipients)
    }

    @Test("is read as written by an earlier release")
    func earlier() {
        let text = "deferred\t1\t5\tses\ta@b\t451 no\nqueued\t0\t\t\tc@d\t\tNOTIFY=NEVER\n"
        let recipients = Array(text.utf8).withUnsafeBytes { RecipientText.decode($0) }
        #expect(
            recipients == [
                Recipient(
                    address: Address(unchecked: "a@b"), state: .deferred, attempts: 1,
                    nextAttemptAt: Timestamp(milliseconds: 5), upstream: "ses", lastReply: "451 no"),
                Recipient(address: Address(unchecked: "c@d"), options: RecipientOptions(notify: [])),
            ])
    }

    @Test("keeps its lines whatever a reply says")
    func controls() {
        var recipient = Recipient.sample()
        recipient.lastReply = "a\tb\r\nc\u{0}d"
        var bytes: [UInt8] = []
        RecipientText.encode([recipient], into: &bytes)
        #expect(bytes.withUnsafeBytes { RecipientText.decode($0) }?.first?.lastReply == "a b  c d")
    }

    @Test(
        "is refused if it cannot have been written",
        arguments: [
            "queued\n", "queued\t0\t\t\ta@b\t", "lost\t0\t\t\ta@b\t\n", "queued\tx\t\t\ta@b\t\n",
            "queued\t0\tx\t\ta\t\n", "queued\t0\t\t\ta\t\t\t\n", "queued\t0\t\t\ta\t\t\tlost\n",
            "queued\t0\t\t\ta\t\t\tretry\tfailover\n",
        ])
    func refused(text: String) {
        #expect(Array(text.utf8).withUnsafeBytes { RecipientText.decode($0) } == nil)
    }

    @Test("store a reply that a thousand have got once")
    func sharedReply() throws {
        let long = "550 5.1.1 " + String(repeating: "no ", count: 20_000)
        var recipients: [Recipient] = []
        for index in 0..<1000 {
            var recipient = Recipient(address: Address(unchecked: "\(index)@example.net"))
            if index % 10 != 3 { recipient.recordAttempt(by: "one", index < 500 ? long : "250 2.1.5 Ok") }
            recipients.append(recipient)
        }
        var bytes: [UInt8] = []
        RecipientText.encode(recipients, into: &bytes)
        #expect(bytes.count < 40_000)
        #expect(bytes.withUnsafeBytes { RecipientText.decode($0) } == recipients)
    }

    @Test("cut a reply at 2 KiB, between characters, and say so", arguments: ["x", "é", "€", "👩‍👩‍👧"])
    func longReply(_ character: String) throws {
        let whole = String(repeating: "x", count: ReplyText.limit)
        #expect(ReplyText.cut(whole) == whole)
        let cut = ReplyText.cut("550 " + String(repeating: character, count: 2048))
        #expect(cut.hasPrefix("550 \(character)") && cut.hasSuffix("… (cut)"))
        #expect((2030...2048).contains(cut.utf8.count) && !cut.contains("\u{FFFD}"))
        var recipient = Recipient.sample()
        recipient.recordAttempt(by: "one", whole + "y")
        #expect(recipient.lastReply == ReplyText.cut(whole + "y"))
        recipient.lastReply = whole + "z"
        #expect(recipient.lastReply?.utf8.count == ReplyText.limit)
        #expect(Recipient(address: recipient.address, lastReply: whole + "z").lastReply == recipient.lastReply)
    }
}
