import TestKit
import Testing

@testable import Upstreams

@Suite("Refuted refusals: invariants")
struct RefutationPropertyTests {
    /// Random events around an upstream: who sends where, with what result.
    struct Crowd {
        var generator: SeededGenerator
        var stage = RefutationStage()
        var time = Duration.zero
        var openings = 0

        init(seed: UInt64) {
            generator = SeededGenerator(seed: seed)
        }

        mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &generator) < percent }

        mutating func number(below limit: Int) -> Int { Int.random(in: 0..<limit, using: &generator) }

        mutating func wait() {
            time += .milliseconds(number(below: 4000))
        }

        mutating func took(_ sender: String) {
            stage.circuit.took(sender: sender, now: MonotonicInstant(nanoseconds: 0) + time)
        }

        mutating func refuted(_ sender: String, _ domain: String) {
            if stage.refute(sender: sender, domain: domain, at: time)?.to == .open { openings += 1 }
        }
    }

    @Test(
        "no tenant alone opens the circuit, whatever it sends, while others use it", arguments: 0..<20 as Range<UInt64>)
    func oneTenant(seed: UInt64) {
        var crowd = Crowd(seed: seed)
        for step in 0..<800 {
            crowd.wait()
            // Occasionally, but within each window.
            if step % 60 == 0 { crowd.took("neighbour \(crowd.number(below: 5))") }
            crowd.refuted("tenant", "d\(crowd.number(below: 2000)).test")
        }
        #expect(crowd.openings == 0, "seed \(seed)")
    }

    @Test(
        "nor with a tenant whose mail was refused by chance, twice in a window",
        arguments: 0..<20 as Range<UInt64>)
    func oneTenantAndChance(seed: UInt64) {
        var crowd = Crowd(seed: seed)
        for step in 0..<800 {
            crowd.time += .milliseconds(1000)
            crowd.took("neighbour")
            // Twice in 350 s.
            if step % 175 == 0 { crowd.refuted("neighbour", "n\(step).test") }
            for _ in 0..<3 { crowd.refuted("tenant", "d\(crowd.number(below: 2000)).test") }
        }
        #expect(crowd.openings == 0, "seed \(seed)")
    }

    @Test("no recipient domain alone opens it, whoever writes to it", arguments: 0..<20 as Range<UInt64>)
    func oneDomain(seed: UInt64) {
        var crowd = Crowd(seed: seed)
        for _ in 0..<800 {
            crowd.wait()
            crowd.refuted("tenant \(crowd.number(below: 1000))", "picky.test")
        }
        #expect(crowd.openings == 0, "seed \(seed)")
    }

    @Test("a majority of accepted messages speaks for it", arguments: 0..<20 as Range<UInt64>)
    func majority(seed: UInt64) {
        var crowd = Crowd(seed: seed)
        for _ in 0..<800 {
            crowd.wait()
            let sender = "tenant \(crowd.number(below: 10))"
            crowd.took(sender)
            crowd.refuted(sender, "d\(crowd.number(below: 50)).test")
        }
        #expect(crowd.openings == 0, "seed \(seed)")
    }

    @Test(
        "an upstream that refuses most mail from several senders to several domains is found out within ten messages",
        arguments: 0..<20 as Range<UInt64>)
    func foundOut(seed: UInt64) {
        var crowd = Crowd(seed: seed)
        var messages = 0
        while crowd.openings == 0, messages < 100 {
            crowd.wait()
            messages += 1
            let sender = "tenant \(crowd.number(below: 8))"
            if crowd.chance(10) {
                crowd.took(sender)
            } else {
                crowd.refuted(sender, "d\(crowd.number(below: 20)).test")
            }
        }
        #expect(messages <= 12, "seed \(seed)")
    }

    @Test("a tally keeps its total and never counts too low, in bounded memory", arguments: 0..<20 as Range<UInt64>)
    func tally(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var tally = Tally<Int>()
        var counts: [Int: Int] = [:]
        for _ in 0..<3000 {
            let isHeavy = Int.random(in: 0..<3, using: &generator) == 0
            let key = isHeavy ? 7 : Int.random(in: 100..<800, using: &generator)
            tally.add(key, lane: Int.random(in: 0..<8, using: &generator))
            counts[key, default: 0] += 1
        }
        #expect(tally.keys == Tally<Int>.capacity)
        #expect(tally.total == 3000)
        let most = tally.most
        #expect(most?.key == 7)
        let exact = counts[7] ?? 0
        #expect((most?.count ?? 0) >= exact)
        #expect((most?.count ?? 0) <= exact + 3000 / Tally<Int>.capacity)
    }

    @Test("a tally of few keys is exact, and forgets what is over")
    func exact() {
        var tally = Tally<String>()
        for number in 0..<30 { tally.add("\(number % 3)", lane: number % 8) }
        #expect(tally.keys == 3)
        #expect(tally.most?.count == 10)
        #expect(tally.balanced == 30)
        var lanes = SIMDMask<WindowParts.Counts>(repeating: true)
        lanes[0] = false
        tally.clear(lanes)
        #expect(tally.total == 4)
        tally.clear(.init(repeating: true))
        #expect(tally.keys == 0)
    }
}
