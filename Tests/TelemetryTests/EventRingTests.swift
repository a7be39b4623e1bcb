import Mail
import Testing

@testable import Telemetry

@Suite("The ring of events")
struct EventRingTests {
    /// A record with this text.
    private static func line(_ text: String, at milliseconds: Int64 = 0) -> LogLine {
        var line = LogLine()
        line.begin(.info, "delivered", at: Timestamp(milliseconds: milliseconds))
        line.field("reply", text)
        line.end()
        return line
    }

    private static func add(_ text: String, at milliseconds: Int64 = 0, to ring: inout EventRing) -> Int {
        let line = line(text, at: milliseconds)
        line.withRecord { ring.append($0) }
        return line.withRecord { $0.count }
    }

    private static func text(_ number: Int, in ring: borrowing EventRing) -> String {
        ring.withRecord(number) { record in
            guard case .text(let text)? = record.fields.map(\.value).first else { return "" }
            return String(decoding: text.octets, as: UTF8.self)
        }
    }

    @Test("is empty at first, and numbers events from 1")
    func numbers() {
        var ring = EventRing(octets: 1000, records: 4)
        #expect(ring.first == 1 && ring.end == 1)
        _ = Self.add("a", to: &ring)
        _ = Self.add("b", to: &ring)
        #expect(ring.first == 1 && ring.end == 3)
        #expect(Self.text(1, in: ring) == "a" && Self.text(2, in: ring) == "b")
    }

    @Test("keeps the last ones of a number of records")
    func records() {
        var ring = EventRing(octets: 100_000, records: 4)
        for number in 1...11 { _ = Self.add("\(number)", to: &ring) }
        #expect(ring.first == 8 && ring.end == 12)
        for number in 8...11 { #expect(Self.text(number, in: ring) == "\(number)") }
    }

    @Test("keeps within its octets, and is right about every record, whatever their lengths", arguments: 1...20)
    func octets(seed: Int) {
        var ring = EventRing(octets: 2000, records: 1000)
        var (texts, sizes, state) = ([String](), [Int](), UInt64(seed) &* 0x9E37_79B9_7F4A_7C15)
        for number in 0..<500 {
            state = state &* 6_364_136_223_846_793_005 &+ 1
            let text = "\(number):" + String(repeating: "x", count: Int(state >> 33) % 300)
            sizes.append(Self.add(text, to: &ring))
            texts.append(text)
            #expect(ring.end == number + 2 && ring.first < ring.end)
            let kept = sizes[(ring.first - 1)...]
            #expect(kept.reduce(0, +) <= 2000, "seed \(seed)")
            // Less than the largest record is lost at the end of the memory, and the next one did not fit into the rest.
            if ring.first > 1 { #expect(kept.reduce(0, +) > 2000 - 3 * 360, "seed \(seed)") }
            for index in ring.first..<ring.end {
                #expect(Self.text(index, in: ring) == texts[index - 1], "seed \(seed)")
            }
        }
    }

    @Test("leaves out a record that is as large as a good part of it")
    func large() {
        var ring = EventRing(octets: 1000, records: 10)
        _ = Self.add("a", to: &ring)
        _ = Self.add(String(repeating: "x", count: 400), to: &ring)
        _ = Self.add("b", to: &ring)
        #expect(ring.end == 3 && Self.text(2, in: ring) == "b")
    }

    @Test("copies some that follow one another, and always at least one")
    func copies() {
        var ring = EventRing(octets: 100_000, records: 100)
        var sizes: [Int] = []
        for number in 1...10 { sizes.append(Self.add("\(number % 10)", to: &ring)) }
        let size = sizes[0]
        #expect(ring.copy(from: 3, upTo: 8, octets: 100_000).end == 8)
        #expect(ring.copy(from: 3, upTo: 80, octets: 100_000).end == 11)
        let two = ring.copy(from: 3, upTo: 8, octets: 2 * size)
        #expect(two.end == 5 && two.records.count == 2 * size)
        #expect(ring.copy(from: 3, upTo: 8, octets: 1).end == 4)
    }

    @Test("finds the first event of a time")
    func times() {
        var ring = EventRing(octets: 100_000, records: 4)
        for number in 1...6 { _ = Self.add("x", at: Int64(number) * 1000, to: &ring) }
        let found = [0, 3000, 3001, 6000, 6001].map { ring.firstNumber(since: Timestamp(milliseconds: $0)) }
        #expect(found == [3, 3, 4, 6, 7])
    }

    @Test("finds the same event as a look at each would, whatever is gone, and however many are of one time")
    func bisection() {
        var ring = EventRing(octets: 100_000, records: 50)
        #expect(ring.firstNumber(since: Timestamp(milliseconds: 0)) == 1)
        var times: [Int64] = []
        for number in 0..<120 {
            times.append(Int64(number / 3) * 10)
            _ = Self.add("x", at: times[number], to: &ring)
            for time in [times[number] - 155, times[number] - 10, times[number], times[number] + 1] {
                let (first, end) = (ring.first, ring.end)
                let expected = (first..<end).first { times[$0 - 1] >= time } ?? end
                let found = ring.firstNumber(since: Timestamp(milliseconds: time))
                #expect(found == expected, "\(number), \(time)")
            }
        }
    }

    @Test("finds an event that is there, or the end, where the clock was set back")
    func setBack() {
        var ring = EventRing(octets: 100_000, records: 50)
        for time in [5000, 6000, 7000, 2000, 3000, 4000] as [Int64] { _ = Self.add("x", at: time, to: &ring) }
        for time in stride(from: Int64(0), to: 9000, by: 500) {
            let found = ring.firstNumber(since: Timestamp(milliseconds: time))
            #expect(found >= 1 && found <= 7)
        }
        #expect(ring.firstNumber(since: Timestamp(milliseconds: 0)) == 1)
        #expect(ring.firstNumber(since: Timestamp(milliseconds: 8000)) == 7)
    }
}
