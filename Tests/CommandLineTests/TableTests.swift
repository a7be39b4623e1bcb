import Admin
import Console
import Delivery
import History
import Mail
import NIOCore
import Spool
import Testing

@testable import posthorse

@Suite("Tables")
struct TableTests {
    static let now = Timestamp(milliseconds: 1_795_255_200_000)

    static func message(_ recipients: [Recipient], size: Int = 4_096) -> MessageDocument {
        MessageDocument(
            SpooledMessage(
                id: QueueID(rawValue: 0x0F2F_3456_789A_BCDE), receivedAt: now + .seconds(-200),
                sender: .null, body: .sevenBit, priority: .normal, messageID: "<m@x>", origin: "x", size: size,
                recipients: recipients))
    }

    static func recipient(_ address: String, _ state: Recipient.State, reply: String? = nil) -> Recipient {
        Recipient(
            address: Address(unchecked: address), state: state, attempts: 3, nextAttemptAt: now + .seconds(41),
            upstream: "ses", lastReply: reply)
    }

    @Test("A pace shows its rates, what waits, and when the first has its turn")
    func pace() throws {
        let json = """
            {"pace":"family:google","domain":"family:google","rate":12.5,"max_rate":50,"reduced":true,"in_flight":3,\
            "max_connections":5,"waiting":48112,"next_at":"\((Self.now + .seconds(3)).rfc3339)"}
            """
        let alone = """
            {"pace":"*","domain":null,"rate":null,"max_rate":null,"reduced":false,"in_flight":0,"max_connections":null,\
            "waiting":0,"next_at":null}
            """
        let table = PaceListing(terminal: .plain, now: Self.now)
        let words = try [json, alone].map { text in
            let pace = try AdminJSON.decode(PaceDocument.self, from: ByteBuffer(string: text))
            return table.row(of: pace).split(separator: " ").map(String.init)
        }
        #expect(words[0] == ["family:google", "family:google", "12.5", "50", "3/5", "48,112", "4s"])
        #expect(words[1] == ["*", "-", "-", "-", "0", "0", "-"])
    }

    @Test("A message that has left shows a recipient that was asked for, and how long it took with a unit")
    func history() {
        let recipient = { (address: String, outcome: HistoryOutcome, upstream: String, wait: Int64) in
            HistoryRecord.Recipient(
                address: address, outcome: outcome, upstream: upstream, route: "default", stream: "default",
                finishedAt: Self.now + .milliseconds(wait))
        }
        let record = HistoryRecord(
            queueID: QueueID(rawValue: 77), receivedAt: Self.now, finishedAt: Self.now, size: 1, sender: "",
            messageID: "",
            recipients: [
                recipient("a@x.io", .failed, "ses", 5), recipient("b@y.io", .delivered, "mg", 2100),
            ])
        let table = HistoryTable(terminal: .plain)
        let row = { (matching: [Int]?) in table.rows(of: HistoryDocument(record, number: 1), matching: matching)[0] }
        for matching in [nil, [0, 1], [0], []] {
            let row = row(matching)
            #expect(row.contains(" 5.0ms ") && row.contains("ses") && row.hasSuffix("a@x.io +1"))
        }
        #expect(row([1]).contains(" 2.1s ") && row([1]).contains("mg") && row([1]).hasSuffix("b@y.io +1"))
    }

    @Test("A message takes one line, and a second one if there is a reason")
    func rows() {
        let table = QueueTable(terminal: .plain, now: Self.now)
        let waiting = Self.message([Self.recipient("a@b.example", .deferred, reply: "451 4.7.1 later")])
        #expect(
            [table.header] + table.rows(of: waiting) == [
                "ID              AGE  SIZE  STATE       TRIES  NEXT  RECIPIENT",
                "\(waiting.queueID)    3m  4.0K  deferred        3   42s  a@b.example",
                "    ses: 451 4.7.1 later",
            ])
        #expect(table.rows(of: Self.message([Self.recipient("a@b.example", .queued)])).count == 1)
    }

    @Test(
        "What a message waits for besides its time has a line of its own, which fits",
        arguments: QueueOutlook.Cause.allCases)
    func causes(cause: QueueOutlook.Cause) {
        var message = Self.message([Self.recipient("a@b.example", .queued)])
        message.recipients[0].waitsFor = cause.rawValue
        let rows = QueueTable(terminal: .plain, now: Self.now).rows(of: message)
        #expect(rows.count == 2 && rows[1].hasPrefix("    waits for ") && !rows[1].contains("…"))
        message.recipients[0].state = "delivering"
        message.state = "delivering"
        #expect(QueueTable(terminal: .plain, now: Self.now).rows(of: message).count == 1)
    }

    @Test(
        "No line is wider than the terminal, whatever the addresses and replies",
        arguments: [
            "a@b.example", String(repeating: "long", count: 50) + "@" + String(repeating: "d", count: 60) + ".example",
            "日本語日本語日本語日本語日本語@例え.example", "a\u{1B}[31m@b.example", "x\ny@b.example",
        ], [60, 80, 132])
    func width(address: String, width: Int) {
        let terminal = Terminal(width: width, isColoured: false)
        let table = QueueTable(terminal: terminal, now: Self.now)
        let reply = String(repeating: "4.7.1 \u{1B}]0;title\u{7} later ", count: 30)
        let recipients = Array(repeating: Self.recipient(address, .inDoubt, reply: reply), count: 120)
        let lines = [table.header] + table.rows(of: Self.message(recipients, size: .max / 2))
        #expect(lines.count == 3)
        for line in lines {
            #expect(Printable.width(of: line) <= width, "\(line)")
            #expect(line.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F..<0xA0).contains($0.value) })
        }
        #expect(lines[1].hasSuffix(" +119"))
    }

    @Test("The table of upstreams fits 80 columns with large figures and errors")
    func upstreams() {
        var document = UpstreamDocument(
            .init(name: String(repeating: "n", count: 64), priority: 1, address: "h:25", since: Self.now))
        document.deliveredTotal = 999_999_999
        document.failedTotal = 999_999
        document.connections = 1000
        document.connectionLimit = 1000
        document.latencyP50Milliseconds = 12.3
        document.latencyP95Milliseconds = 123_456
        document.lastError = String(repeating: "error ", count: 40)
        let table = UpstreamTable(terminal: .plain, now: Self.now)
        let lines = [table.header] + table.rows(of: document)
        #expect(lines.count == 3)
        #expect(lines.allSatisfy { Printable.width(of: $0) <= 80 })
        #expect(lines[1].contains("…"))
        #expect(lines[1].hasSuffix("  12/123.5s"))
    }

    @Test("Colour does not change the columns")
    func colour() {
        let message = Self.message([Self.recipient("a@b.example", .failed, reply: "550 no")])
        let plain = QueueTable(terminal: .plain, now: Self.now).rows(of: message)
        let coloured = QueueTable(terminal: Terminal(width: 80, isColoured: true), now: Self.now).rows(of: message)
        #expect(plain != coloured)
        #expect(coloured.map { $0.replacing(/\u{1B}\[[0-9]+m/, with: "") } == plain)
    }

    @Test(
        "Durations and sizes are short",
        arguments: [(0, "0s"), (99, "99s"), (100, "1m"), (5_999, "99m"), (6_000, "1h"), (172_800, "2d")])
    func ages(seconds: Int, text: String) {
        #expect(Quantity.age(seconds: seconds) == text)
    }

    @Test(
        "Sizes are powers of 1024 in at most four columns",
        arguments: [
            (0, "0"), (999, "999"), (1_000, "1.0K"), (4_096, "4.0K"), (10_200, "10K"), (1_022_976, "999K"),
            (1_023_500, "1.0M"), (1 << 40, "1.0T"),
        ])
    func sizes(octets: Int, text: String) {
        #expect(Quantity.size(octets) == text)
    }

    @Test("Truncated text has the allowed width, and an address keeps its domain")
    func cutting() {
        #expect(Printable.cut("abcdef", to: 6) == "abcdef")
        #expect(Printable.cut("abcdef", to: 5) == "abcd…")
        #expect(Printable.cutMiddle("someone.with.a.name@domain.example", to: 20) == "someone.wi…n.example")
        #expect(Printable.width(of: Printable.cutMiddle("日本語日本語", to: 6)) <= 6)
        #expect(Printable.width(of: "🇩🇪 a") == 4)
    }

    @Test(
        "what is not seen, or turns what is around it, is shown by its number",
        arguments: [
            "\u{7}", "\u{AD}", "\u{61C}", "\u{115F}", "\u{180E}", "\u{202E}", "\u{2028}", "\u{2066}", "\u{206A}",
            "\u{206F}",
            "\u{3164}", "\u{FEFF}", "\u{FFA0}", "\u{FFF9}", "\u{FFFB}", "\u{E0041}",
        ])
    func unseen(letter: String) throws {
        let number = String(try #require(letter.unicodeScalars.first).value, radix: 16)
        #expect(Printable.line("a\(letter)b") == "a\\u{\(number)}b")
        #expect(Printable.lines("a\(letter)\nb") == "a\\u{\(number)}\nb")
    }

    @Test("letters of all languages stay as they are")
    func seen() {
        for text in ["Grüße", "日本語", "한국어", "🇩🇪", "بريد", "naïve – “quoted”"] {
            #expect(Printable.line(text) == text)
        }
    }
}
