import Mail
import Spool
import Testing

@testable import Webhooks

@Suite("Messages whose events stay in the outbox for now")
struct ParkedMessagesTests {
    private let now = Timestamp(milliseconds: 1000)
    private let later = Timestamp(milliseconds: 2000)

    private func parked(_ places: (Int64, ParkedMessages.Place)...) -> ParkedMessages {
        var parked = ParkedMessages()
        for (message, place) in places { parked.park(QueueID(rawValue: message), place) }
        return parked
    }

    private func next(_ parked: ParkedMessages, isTried: Bool, except present: Set<QueueID> = []) -> Int64? {
        parked.next(now: now, isTried: isTried, except: present)?.message.rawValue
    }

    @Test("The least tried is read first, and of these the oldest; those that were never tried are apart")
    func order() {
        let parked = parked(
            (1, .init(after: 3, attempts: 2)), (2, .init(after: 9, attempts: 1)), (3, .init(after: 7, attempts: 1)),
            (4, .init(after: 99)), (5, .init(after: 50)))
        #expect(next(parked, isTried: true) == 3 && next(parked, isTried: false) == 5)
    }

    @Test("One that is not due waits, and so does one with events in memory")
    func waiting() {
        var parked = parked((1, .init(after: 3, due: later)), (2, .init(after: 9)))
        #expect(next(parked, isTried: false) == 2)
        #expect(next(parked, isTried: false, except: [QueueID(rawValue: 2)]) == nil)
        #expect(parked.time(after: now, except: []) == later)
        #expect(parked.time(after: now, except: [QueueID(rawValue: 1)]) == nil)
        parked.delay(QueueID(rawValue: 2), until: later)
        #expect(next(parked, isTried: false) == nil)
    }

    @Test("One that is taken is not parked any more")
    func taken() {
        var parked = parked((1, .init(after: 3, attempts: 4)))
        #expect(parked.contains(QueueID(rawValue: 1)) && !parked.isEmpty)
        let place = parked.take(QueueID(rawValue: 1))
        #expect(place == ParkedMessages.Place(after: 3, attempts: 4))
        #expect(parked.isEmpty && next(parked, isTried: true) == nil)
    }
}
