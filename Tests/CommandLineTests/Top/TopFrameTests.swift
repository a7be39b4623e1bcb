import Admin
import Console
import Delivery
import Mail
import Testing
import Upstreams

@testable import posthorse

@Suite("Frames of top")
struct TopFrameTests {
    private static let place = "/var/lib/posthorse/admin.sock"
    /// Of the sample, in the time zone of this machine.
    private static let clock = LocalClock.time(of: TopSample.now + .seconds(1))

    private func frame(
        _ width: Int, _ height: Int?, _ footer: TopFrame.Footer = .none, _ reading: TopReading? = nil
    ) -> [String] {
        TopFrame(
            reading ?? TopSample.reading(at: 1), TopSample.rates, place: Self.place,
            size: TopFrame.Size(width: width, height: height), footer: footer
        ).text(on: .plain)
    }

    @Test("80 by 24")
    func usual() {
        #expect(
            frame(80, 24, .keys(isPaused: false)) == [
                "posthorse  /var/lib/posthorse/admin.sock                         up 2h  \(Self.clock)",
                "In 12.0 messages/s   out 12.0 recipients/s   deferred 0.0/s   failed 0.0/s",
                "P50/P95: 250 after 5.0ms/23ms, taken after 100ms/2.3s",
                "",
                "UPSTREAM          STATE     SHARE   SENT/S      P50/P95  LIMIT/S  CONN  IN FL",
                "ses               open         0%      0.0          -/-        -     0      0",
                "  mail: 454 4.7.0 Temporary authentication failure, try again later",
                "mailgun           closed     100%     12.0       85/420     50.0     5     12",
                "",
                "QUEUE  1,134 messages, the oldest that waits 3m old",
                "  delivering 12  queued 120  held 2",
                "  minutes       5  10  20  40  80  160  320  640  1280  1280+",
                "  recipients  100  32   0   0   0    0    0    0     0      2",
                "",
                "LAST FAILOVERS",
                " 13s ago  ses               failed over  account fault; mail: 454 4.7.0 Temporar",
                "  5m ago  mailgun           put back     enable: back",
                "  1h ago  ses               came back    trial succeeded",
                "  1h ago  ses               failed over  5 failures in a row",
                "", "", "", "",
                "q quit   p pause",
            ])
    }

    @Test("40 by 10: what matters most, cut off at the right")
    func small() {
        #expect(
            frame(40, 10, .keys(isPaused: true)) == [
                "posthorse  /var/l….sock  up 2h  \(Self.clock)",
                "In 12.0 messages/s   out 12.0 recipients",
                "UPSTREAM          STATE     SHARE   SENT",
                "ses               open         0%      0",
                "  mail: 454 4.7.0 Temporary authenticati",
                "mailgun           closed     100%     12",
                "",
                "QUEUE  1,134 messages, the oldest that w",
                "  delivering 12  queued 120  held 2",
                "paused   p go on   q quit",
            ])
    }

    @Test("200 by 60: errors stand beside their upstreams")
    func large() {
        let lines = frame(200, 60, .keys(isPaused: false))
        #expect(lines.count == 60)
        #expect(lines[0].count == 200 && lines[0].hasSuffix("up 2h  \(Self.clock)"))
        #expect(
            lines[4...7] == [
                "UPSTREAM          STATE     SHARE   SENT/S      P50/P95  LIMIT/S  CONN  IN FL  LAST ERROR",
                "ses               open         0%      0.0          -/-        -     0      0"
                    + "  mail: 454 4.7.0 Temporary authentication failure, try again later",
                "mailgun           closed     100%     12.0       85/420     50.0     5     12",
                "",
            ])
        #expect(
            lines[14] == " 13s ago  ses               failed over  account fault; mail: 454 4.7.0 Temporary")
        #expect(lines[18...58].joined().isEmpty)
        #expect(lines[59] == "q quit   p pause")
    }

    @Test("without a screen there are as many lines as there is to say, and no keys")
    func once() {
        let lines = frame(80, nil)
        #expect(lines == Array(frame(80, 24, .keys(isPaused: false)).prefix(19)))
        #expect(lines.last == "  1h ago  ses               failed over  5 failures in a row")
    }

    @Test(
        "any size: no line is too wide, and there are no more than fit",
        arguments: [1, 7, 20, 39, 79, 81, 107, 250], [1, 2, 3, 5, 9, 14, 23, 100])
    func sizes(width: Int, height: Int) {
        for footer in [TopFrame.Footer.keys(isPaused: false), .trouble(String(repeating: "x", count: 300))] {
            let lines = frame(width, height, footer)
            #expect(lines.count == height)
            #expect(lines.allSatisfy { Printable.width(of: $0) <= width })
            #expect(!(lines.last ?? "").isEmpty)
        }
    }

    @Test("more upstreams than lines leave room for the last line")
    func crowd() {
        var reading = TopSample.reading(at: 1)
        reading.upstreams = (1...50).map { number in TopSample.upstream("up\(number)", priority: number) { _ in } }
        let lines = frame(80, 24, .trouble("the relay does not answer"), reading)
        #expect(lines.count == 24)
        #expect(lines[22].hasPrefix("up20 "))
        #expect(lines[23] == "the relay does not answer")
    }

    @Test("of an upstream that answers again, that is told in place of its last error")
    func answersAgain() {
        var reading = TopSample.reading(at: 1)
        reading.upstreams = [
            TopSample.upstream("ses", priority: 1) {
                ($0.circuit, $0.share, $0.awaitsTrial) = (.open, 0, true)
                $0.lastError = "connect: Connection refused"
            }
        ]
        let text = frame(80, 24, .keys(isPaused: false), reading).joined(separator: "\n")
        #expect(text.contains("answers again: the next message is its trial") && !text.contains("refused"))
    }

    @Test("what strangers have written does nothing to the terminal")
    func hostile() {
        var reading = TopSample.reading(at: 1)
        let bad = "\u{1B}]0;owned\u{07}\u{1B}[2J\r\n\u{202E}<b>"
        reading.upstreams = [
            TopSample.upstream("a\u{1B}[31m", priority: 1) { $0.lastError = bad },
            TopSample.upstream("b", priority: 2) {
                $0.adminOverride.state = .disabled
                $0.adminOverride.reason = bad
            },
        ]
        reading.moves = TopMove.list([
            TopSample.detail("c", [(TopSample.now.rfc3339, .circuit(from: .closed, to: .open), bad)])
        ])
        let frame = TopFrame(
            reading, TopSample.rates, place: bad, size: TopFrame.Size(width: 300, height: 24), footer: .trouble(bad))
        for line in frame.text(on: .plain) {
            #expect(line.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F..<0xA0).contains($0.value) })
            #expect(!line.contains("\u{202E}"))
        }
        let text = frame.text(on: .plain).joined()
        #expect(text.contains("disabled: \\u{1b}]0;owned\\u{7}\\u{1b}[2J"))
    }

    @Test("letters of two columns count as two")
    func wide() {
        var reading = TopSample.reading(at: 1)
        reading.upstreams = [TopSample.upstream("送信送信送信送信送信", priority: 1) { _ in }]
        let row = frame(80, 24, .none, reading)[5]
        #expect(row.hasPrefix("送信送信送信送…   closed"))
        #expect(Printable.width(of: row) == 77)
    }

    @Test("colours do not change the widths, and end with their text")
    func colours() {
        let terminal = Terminal(width: 80, isColoured: true)
        let coloured = TopFrame(
            TopSample.reading(at: 1), TopSample.rates, place: Self.place, size: TopFrame.Size(width: 80, height: 24)
        ).text(on: terminal)
        let plain = coloured.map { $0.replacing(/\u{1B}\[[0-9]+m/, with: "") }
        #expect(plain == frame(80, 24))
        #expect(coloured[5].contains("\u{1B}[31mopen\u{1B}[0m"))
    }
}
