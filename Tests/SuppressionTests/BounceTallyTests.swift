import Mail
import Testing

@testable import Suppression

@Suite("The bounces of an address")
struct BounceTallyTests {
    private let start = Timestamp(milliseconds: 1_790_000_000_000)

    private func settings(hard: Int = 0, soft: Int = 0) -> SuppressionSettings {
        var settings = SuppressionSettings()
        (settings.hardBounces, settings.softBounces, settings.window) = (hard, soft, .seconds(100))
        return settings
    }

    private func bounce(_ id: Int64, _ kind: BounceKind, after seconds: Int = 0) -> Bounce {
        Bounce(
            queueID: QueueID(rawValue: id), address: Address(unchecked: "bob@example.com"), kind: kind, reply: "550 no",
            at: start + .seconds(seconds))
    }

    @Test("hard ones suppress it after as many as relay.conf says")
    func hard() {
        var tally = BounceTally()
        #expect(tally.add(bounce(1, .hard), settings(hard: 2)) == nil)
        #expect(tally.add(bounce(2, .hard, after: 10_000_000), settings(hard: 2)) == .hardBounces)
        var first = BounceTally()
        #expect(first.add(bounce(1, .hard), settings(hard: 1)) == .hardBounces)
    }

    @Test("a message counts once")
    func once() {
        var tally = BounceTally()
        #expect(tally.add(bounce(1, .hard), settings(hard: 2)) == nil)
        #expect(tally.add(bounce(1, .hard), settings(hard: 2)) == nil)
        #expect(tally.hardCount == 1)
    }

    @Test("soft ones suppress it only within the window")
    func soft() {
        var tally = BounceTally()
        #expect(tally.add(bounce(1, .soft), settings(soft: 3)) == nil)
        #expect(tally.add(bounce(2, .soft, after: 60), settings(soft: 3)) == nil)
        #expect(tally.add(bounce(3, .soft, after: 120), settings(soft: 3)) == nil)
        #expect(tally.add(bounce(4, .soft, after: 150), settings(soft: 3)) == .softBounces)
    }

    @Test("0 is never")
    func off() {
        var tally = BounceTally()
        for id in 1...50 {
            #expect(tally.add(bounce(Int64(id), .hard), settings(soft: 1000)) == nil)
            #expect(tally.add(bounce(Int64(1000 + id), .soft), settings(hard: 1000)) == nil)
        }
    }

    @Test("full mailboxes do not count as missing ones")
    func kinds() {
        var tally = BounceTally()
        #expect(tally.add(bounce(1, .soft), settings(hard: 1, soft: 2)) == nil)
        #expect(tally.add(bounce(2, .hard), settings(hard: 2, soft: 2)) == nil)
    }

    @Test("is stored as text, and whatever cannot be read of it is left out")
    func text() {
        var tally = BounceTally()
        _ = tally.add(bounce(1, .hard), settings(hard: 5))
        _ = tally.add(bounce(2, .soft, after: 5), settings(soft: 5))
        #expect(BounceTally(stored: tally.text) == tally)
        for text in ["", "h", "h 1", "h x y", "z 0000000000001 5", "h 0000000000001 x", "h h h h"] {
            #expect(BounceTally(stored: text) == BounceTally())
        }
    }
}
