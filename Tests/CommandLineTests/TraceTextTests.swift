import Admin
import Console
import Dialogue
import Mail
import Testing

@testable import posthorse

@Suite("A trace for people")
struct TraceTextTests {
    private let party = TraceParty(.upstream("primary"), peer: "192.0.2.1:25")

    private func document(_ direction: TraceLine.Direction, _ text: String, _ session: UInt64? = 7) -> TraceDocument {
        TraceDocument(
            TraceLine(
                at: Timestamp(milliseconds: 1_795_255_200_003), session: session, party: session == nil ? nil : party,
                direction: direction, text: text))
    }

    private func withoutTime(_ lines: [String]) -> [String] {
        lines.map { $0.replacing(#/^[0-9:]{8}\.003 /#, with: "") }
    }

    @Test("each session is introduced once, and each line says which way it went")
    func lines() {
        var text = TraceText(terminal: .plain)
        #expect(
            withoutTime(text.lines(of: document(.note, "connected"))) == [
                "#7 upstream primary at 192.0.2.1:25", "#7 ** connected",
            ])
        #expect(withoutTime(text.lines(of: document(.sent, "DATA"))) == ["#7 -> DATA"])
        #expect(withoutTime(text.lines(of: document(.received, "354 go on"))) == ["#7 <- 354 go on"])
        #expect(
            withoutTime(text.lines(of: document(.note, "[... 3 lines dropped]", nil))) == [" ** [... 3 lines dropped]"])
    }

    @Test("refusals are red, and what is said cannot colour anything")
    func colours() {
        var text = TraceText(terminal: Terminal(width: 80, isColoured: true))
        _ = text.lines(of: document(.note, ""))
        #expect(text.lines(of: document(.received, "550 no"))[0].hasSuffix("<- \u{1B}[31m550 no\u{1B}[0m"))
        #expect(text.lines(of: document(.sent, "5"))[0].hasSuffix("-> 5"))
        #expect(!text.lines(of: document(.received, "250 \u{1B}[31m"))[0].contains("\u{1B}"))
    }
}
