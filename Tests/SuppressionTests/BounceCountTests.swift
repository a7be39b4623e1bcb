import Mail
import Testing

@testable import Suppression

@Suite("Bounces that are counted together")
struct BounceCountTests {
    private static let start = Timestamp(milliseconds: 1_790_000_000_000)

    private func bounce(_ number: Int64, _ address: String, after seconds: Int = 0) -> Bounce {
        Bounce(
            queueID: QueueID(rawValue: number), address: Address(unchecked: address), kind: .hard, reply: "550 gone",
            at: Self.start + .seconds(seconds))
    }

    private func settings(_ hard: Int) -> SuppressionSettings {
        var settings = SuppressionSettings()
        settings.hardBounces = hard
        return settings
    }

    @Test("add up with those before, and with each other")
    func sum() {
        var before = BounceTally()
        _ = before.add(bounce(1, "a@example.com"), settings(3))
        var count = BounceCount(settings(3), entries: [:], tallies: ["a@example.com": before])
        for number in 2...3 { count.add(bounce(Int64(number), "A@example.com")) }
        for number in 4...5 { count.add(bounce(Int64(number), "b@example.com", after: number)) }
        #expect(count.made.map(\.entry.key.pattern.text) == ["a@example.com"])
        #expect(count.done == ["a@example.com"])
        #expect(count.counted.map(\.address) == ["b@example.com"])
        #expect(count.counted.first?.tally.hardCount == 2)
        #expect(count.counted.first?.lastAt == Self.start + .seconds(5))
    }

    @Test("do not count once the address is suppressed, but again once that is over")
    func suppressed() {
        let key = BounceCount.key(of: bounce(1, "a@example.com"))
        let entry = SuppressionEntry(
            key, reason: "asked us", source: .operator, addedAt: Self.start, expiresAt: Self.start + .seconds(60))
        var count = BounceCount(settings(1), entries: [key: entry], tallies: [:])
        count.add(bounce(1, "a@example.com"))
        #expect(count.made.isEmpty && count.counted.isEmpty && count.done.isEmpty)
        count.add(bounce(2, "a@example.com", after: 60))
        count.add(bounce(3, "a@example.com", after: 61))
        #expect(count.made.map(\.bounce.queueID.rawValue) == [2])
    }

    @Test("an index is replaced as a whole, or stays if that fails")
    func replacement() {
        func entry(_ text: String, _ route: String? = nil) -> SuppressionEntry {
            SuppressionEntry(
                SuppressionKey(SuppressionPattern(stored: text), route: route), reason: "", source: .import,
                addedBy: "uid:\(text)", addedAt: Self.start)
        }
        let index = SuppressionIndex()
        for text in ["a@example.com", "@example.org"] { index.set(entry(text)) }
        struct Problem: Error {}
        #expect(throws: Problem.self) {
            try index.replaceAll { other throws(Problem) in
                other.set(entry("c@example.com"))
                throw Problem()
            }
        }
        #expect(index.count == 2 && index.match("x@example.org", route: "r", at: Self.start) != nil)
        index.replaceAll { other in
            for text in ["a@example.com", "b@*", "c@example.com"] { other.set(entry(text)) }
            other.set(entry("d@example.com", "r"))
        }
        #expect(index.count == 4 && index.match("x@example.org", route: "r", at: Self.start) == nil)
        #expect(index.match("b@example.net", route: "r", at: Self.start)?.addedBy == "uid:b@*")
        #expect(index.match("d@example.com", route: "r", at: Self.start) != nil)
        index.remove(entry("b@*").key)
        #expect(index.count == 3)
    }
}
