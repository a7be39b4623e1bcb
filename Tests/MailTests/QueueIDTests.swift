import Mail
import Testing

@Suite("Queue IDs")
struct QueueIDTests {
    @Test(
        "the text form is read back, in either case", arguments: [0, 1, 31, 32, 1_763_000_000_000_000 << 8, Int64.max])
    func roundTrip(raw: Int64) {
        let id = QueueID(rawValue: raw)
        #expect(id.description.count == 13)
        #expect(QueueID(id.description) == id)
        #expect(QueueID(id.description.lowercased()) == id)
    }

    @Test("anything else is not a queue ID", arguments: ["", "0", "ILOU000000000", "ZZZZZZZZZZZZZ", "00000000000000"])
    func refused(text: String) {
        #expect(QueueID(text) == nil)
    }

    @Test("whatever the clock says, IDs are positive, increase and never run out")
    func extremes() {
        let centuries: [Int64] = [1960, 1970, 2026, 2039, 3079, 3080, 3200, 9999, 2026, 1960]
        let moments = centuries.map { Timestamp(milliseconds: ($0 - 1970) * 31_556_952_000) }
        var generator = QueueIDGenerator(after: QueueID(rawValue: 0))
        var last = QueueID(rawValue: 0)
        for moment in moments + [.distantPast, Timestamp(milliseconds: .max)] {
            for _ in 0..<3 {
                let id = generator.next(at: moment)
                #expect(id > last && id.rawValue > 0)
                #expect(QueueID(id.description) == id)
                last = id
            }
        }
        #expect(last.rawValue < Int64.max - 1 << 50)
    }

    @Test("IDs increase even when the clock stands still or is set back")
    func generator() {
        var generator = QueueIDGenerator(after: QueueID(rawValue: 0))
        let first = generator.next(at: Timestamp(milliseconds: 5))
        let second = generator.next(at: Timestamp(milliseconds: 5))
        let third = generator.next(at: Timestamp(milliseconds: 1))
        #expect(first < second)
        #expect(second < third)
        #expect(first.description < second.description)
    }

    @Test("An ID says when it was made")
    func madeAt() {
        var generator = QueueIDGenerator()
        let moment = Timestamp(milliseconds: 1_795_255_200_123)
        #expect(generator.next(at: moment).madeAt == moment && generator.next(at: moment).madeAt == moment)
    }
}
