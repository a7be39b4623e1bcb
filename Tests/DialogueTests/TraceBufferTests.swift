import Mail
import Testing
import Upstreams

@testable import Dialogue

@Suite("The lines of a trace, between the sessions and the reader")
struct TraceBufferTests {
    private static let start = MonotonicInstant(nanoseconds: 0)
    private static let at = Timestamp(milliseconds: 0)

    private func line(_ text: String = "250 Ok") -> TraceLine {
        TraceLine(at: Self.at, session: 1, party: nil, direction: .received, text: text)
    }

    private func take(_ buffer: inout TraceBuffer) -> [String] {
        buffer.take { .dropped($0, at: Self.at) }.map(\.text)
    }

    @Test("the reader is told with the first line, and gets them in order")
    func order() {
        var buffer = TraceBuffer(now: Self.start)
        #expect(buffer.add(line("a"), now: Self.start) == true)
        #expect(buffer.add(line("b"), now: Self.start) == false)
        #expect(take(&buffer) == ["a", "b"])
        #expect(take(&buffer) == [])
        #expect(buffer.add(line("c"), now: Self.start) == true)
    }

    @Test("a reader that does not read loses lines, and is told how many")
    func slow() {
        var buffer = TraceBuffer(TraceBuffer.Limits(lines: 3), now: Self.start)
        for number in 0..<10 { _ = buffer.add(line("\(number)"), now: Self.start) }
        #expect(take(&buffer) == ["0", "1", "2", "[... 7 lines dropped]"])
        #expect(buffer.shown == 3 && buffer.dropped == 7)
        _ = buffer.add(line("next"), now: Self.start)
        #expect(take(&buffer) == ["next"])
    }

    @Test("the octets that wait are bounded, too")
    func octets() {
        var buffer = TraceBuffer(TraceBuffer.Limits(octets: 5000), now: Self.start)
        for _ in 0..<10 { _ = buffer.add(line(String(repeating: "x", count: 1000)), now: Self.start) }
        #expect(buffer.shown == 4 && buffer.dropped == 6)
    }

    @Test("more lines a second than may be are dropped, and the place is marked")
    func rate() {
        var buffer = TraceBuffer(TraceBuffer.Limits(perSecond: 10, burst: 5), now: Self.start)
        for number in 0..<8 { _ = buffer.add(line("\(number)"), now: Self.start) }
        _ = buffer.add(line("later"), now: Self.start + .milliseconds(100))
        _ = buffer.add(line("too soon"), now: Self.start + .milliseconds(150))
        #expect(
            take(&buffer) == ["0", "1", "2", "3", "4", "[... 3 lines dropped]", "later", "[... 1 lines dropped]"])
        #expect(buffer.shown == 6 && buffer.dropped == 4)
    }

    @Test("a clock that steps back lets nothing more through")
    func clock() {
        var buffer = TraceBuffer(TraceBuffer.Limits(perSecond: 10, burst: 1), now: Self.start + .seconds(10))
        _ = buffer.add(line(), now: Self.start + .seconds(10))
        _ = buffer.add(line(), now: Self.start)
        _ = buffer.add(line(), now: Self.start + .seconds(10))
        #expect(buffer.shown == 1)
    }

    @Test("held lines are shown once their transaction matches, and forgotten if it does not")
    func held() {
        var buffer = TraceBuffer(now: Self.start)
        buffer.hold(line("MAIL 1"), of: 1)
        buffer.hold(line("MAIL 2"), of: 2)
        #expect(take(&buffer) == [])
        #expect(buffer.release(1, now: Self.start) == true)
        buffer.forget(2)
        #expect(buffer.release(2, now: Self.start) == false)
        #expect(take(&buffer) == ["MAIL 1"])
        #expect(buffer.heldOctets == 0)
    }

    @Test("of a long transaction the first lines are held, and the others counted")
    func longHeld() {
        var buffer = TraceBuffer(TraceBuffer.Limits(heldLines: 2), now: Self.start)
        for number in 0..<5 { buffer.hold(line("\(number)"), of: 1) }
        _ = buffer.release(1, now: Self.start)
        _ = buffer.add(line("RCPT"), now: Self.start)
        #expect(take(&buffer) == ["0", "1", "[... 3 lines dropped]", "RCPT"])
    }

    @Test("what is held of all transactions is bounded")
    func allHeld() {
        var buffer = TraceBuffer(TraceBuffer.Limits(heldOctets: 1000), now: Self.start)
        for session in 0..<100 { buffer.hold(line("MAIL FROM:<a@example.com>"), of: UInt64(session)) }
        #expect(buffer.heldOctets <= 1000)
    }

    @Test("after its end nothing is taken, and what waits can be read")
    func closed() {
        var buffer = TraceBuffer(now: Self.start)
        _ = buffer.add(line("last"), now: Self.start)
        buffer.hold(line("held"), of: 1)
        buffer.close()
        #expect(buffer.add(line(), now: Self.start) == false)
        buffer.hold(line(), of: 2)
        #expect(buffer.heldOctets == 0)
        #expect(buffer.release(1, now: Self.start) == false)
        #expect(take(&buffer) == ["last"])
    }
}
