import Mail
import Testing

@testable import Admin
@testable import Telemetry

@Suite("Where a reader of events begins")
struct EventPlaceTests {
    private static let began = Timestamp(milliseconds: 1000)
    private static let life = EventID.Life(began)

    /// With the events 10 to 19, one each second from 10 s on.
    private static func place(
        after: EventID? = nil, since: Int64? = nil, follows: Bool = true, numbers: Range<Int> = 10..<20
    ) -> EventPlace {
        var question = EventQuestion()
        (question.after, question.follows) = (after, follows)
        question.since = since.map { Timestamp(milliseconds: $0) }
        return EventPlace(question, in: numbers, of: life, since: began) { time in
            numbers.first { Timestamp(milliseconds: Int64($0) * 1000) >= time } ?? numbers.upperBound
        }
    }

    @Test("Without a word about it: with what happens next, or with everything for one that does not follow")
    func plain() {
        #expect(Self.place().next == 20 && Self.place().missed == nil)
        #expect(Self.place(follows: false).next == 10 && Self.place(follows: false).missed == nil)
    }

    @Test("After the last event that it has, and it hears how many it has missed")
    func resumes() {
        let cases: [(Int, Int, MissedDocument?)] = [
            (19, 20, nil), (12, 13, nil), (9, 10, nil), (8, 10, MissedDocument(.gone, count: 1)),
            (0, 10, MissedDocument(.gone, count: 9)), (20, 10, MissedDocument(.restart)),
        ]
        for (number, next, missed) in cases {
            let place = Self.place(after: EventID(Self.life, number), since: 15_000)
            #expect(place.next == next && place.missed == missed, "\(number)")
        }
    }

    @Test("An id of another life: from the beginning, and it hears why")
    func otherLife() {
        let place = Self.place(after: EventID("1-15"), numbers: 1..<20)
        #expect(place.next == 1 && place.missed == MissedDocument(.restart))
    }

    @Test("From a time on; it hears if there may have been more")
    func since() {
        #expect(Self.place(since: 15_000).next == 15 && Self.place(since: 15_000).missed == nil)
        #expect(Self.place(since: 99_000).next == 20 && Self.place(since: 99_000).missed == nil)
        #expect(Self.place(since: 5000).next == 10 && Self.place(since: 5000).missed == MissedDocument(.gone))
        let whole = Self.place(since: 1500, numbers: 1..<20)
        #expect(whole.next == 2 && whole.missed == nil)
        #expect(Self.place(since: 500, numbers: 1..<20).missed == MissedDocument(.restart))
    }
}
