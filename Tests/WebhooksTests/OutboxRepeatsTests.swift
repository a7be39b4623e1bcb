import Mail
import Spool
import Testing

@testable import Webhooks

@Suite("Ends of events that could not be written")
struct OutboxRepeatsTests {
    private let start = Timestamp(milliseconds: 0)
    private let later = Timestamp(milliseconds: 5000)

    @Test("They are written again after a pause, and only then")
    func pause() {
        var repeats = OutboxRepeats()
        #expect(repeats.time == nil && repeats.next(now: later) == nil)
        repeats.add(OutboxWrite(.remove([1])), at: later)
        #expect(repeats.time == later && repeats.next(now: start) == nil)
        let write = repeats.next(now: later)
        #expect(write?.updates == [.remove([1])] && write?.isRepeat == true)
        #expect(repeats.time == nil && repeats.next(now: later) == nil)
    }

    @Test("A failed attempt is not written again, since a later one may have been")
    func postponed() {
        var repeats = OutboxRepeats()
        repeats.add(OutboxWrite(.postpone(1, attempts: 1, until: later, reason: "no")), at: later)
        #expect(repeats.time == nil)
    }

    @Test("They go a part at a time, each after the one before: first those given up, then those delivered")
    func parts() {
        var repeats = OutboxRepeats()
        for number in 1...250 { repeats.add(OutboxWrite(.remove([number])), at: later) }
        repeats.add(OutboxWrite(.bury(500, attempts: 3, reason: "no")), at: later)
        var parts: [[OutboxUpdate]] = []
        while let write = repeats.next(now: later) {
            parts.append(write.updates)
            #expect(repeats.next(now: later) == nil)
            repeats.written(write)
        }
        let expected: [[OutboxUpdate]] = [
            [.bury(500, attempts: 3, reason: "no")], [.remove(Array(1...100))], [.remove(Array(101...200))],
            [.remove(Array(201...250))],
        ]
        #expect(parts == expected)
    }

    @Test("A part that fails again waits again; another failure meanwhile does not start a second one")
    func again() {
        var repeats = OutboxRepeats()
        repeats.add(OutboxWrite(.remove([1])), at: start)
        let write = repeats.next(now: start) ?? OutboxWrite([])
        repeats.add(OutboxWrite(.remove([2])), at: start)
        #expect(repeats.next(now: start) == nil)
        repeats.add(write, at: later)
        #expect(repeats.next(now: start) == nil)
        #expect(repeats.next(now: later)?.updates == [.remove([2, 1])])
    }
}
