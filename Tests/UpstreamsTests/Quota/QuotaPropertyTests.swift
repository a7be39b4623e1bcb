import Mail
import TestKit
import Testing

@testable import Upstreams

/// A relay that gives, is told, crashes and waits at random, and a provider that counts for itself.
@Suite("Quotas at random")
struct QuotaPropertyTests {
    /// What a transaction has reserved.
    private struct Transaction {
        let count: Int
        let ticket: Int
        var isGiven = false
    }

    private struct World {
        let quotas: [Quota]
        var ledger: QuotaLedger
        var now = Timestamp(milliseconds: 1_796_040_000_000)
        var open: [Transaction] = []
        /// What the disk has, and what is on its way there.
        var durable: QuotaRecord?
        var coming: QuotaRecord?
        /// When the provider has taken recipients.
        var taken: [(at: Timestamp, count: Int)] = []

        init(_ quotas: [Quota]) {
            self.quotas = quotas
            let start = Timestamp(milliseconds: 1_796_040_000_000)
            ledger = QuotaLedger(
                quotas, zone: .utc, warn: 0.8, nil, now: QuotaMoment(wall: start, steady: start))
        }

        var moment: QuotaMoment { QuotaMoment(wall: now, steady: now) }

        mutating func begin(_ most: Int, _ generator: inout SeededGenerator) {
            let room = min(ledger.room(moment), most)
            guard room > 0 else { return }
            let count = Int.random(in: 1...room, using: &generator)
            open.append(Transaction(count: count, ticket: ledger.reserve(count)))
        }

        /// The final dot of one leaves, if it may.
        mutating func give(_ generator: inout SeededGenerator) {
            guard let place = open.indices.randomElement(using: &generator), !open[place].isGiven,
                ledger.isDurable(open[place].ticket)
            else { return }
            open[place].isGiven = true
            taken.append((now, open[place].count))
        }

        mutating func settle(_ generator: inout SeededGenerator) {
            guard let place = open.indices.randomElement(using: &generator) else { return }
            let transaction = open.remove(at: place)
            ledger.settle(transaction.count, used: transaction.isGiven ? transaction.count : 0, moment)
        }

        mutating func write(_ generator: inout SeededGenerator) {
            if let record = coming {
                coming = nil
                let isDurable = Int.random(in: 0..<10, using: &generator) > 0
                if isDurable { durable = record }
                ledger.recorded(isDurable, moment)
            } else if ledger.needsRecord(moment) {
                coming = ledger.record(moment)
            }
        }

        /// What was on its way to the disk may be there.
        mutating func crash(_ generator: inout SeededGenerator) {
            if let record = coming, Bool.random(using: &generator) { durable = record }
            (open, coming) = ([], nil)
            ledger = QuotaLedger(quotas, zone: .utc, warn: 0.8, durable, now: moment)
        }

        /// The first quota that the provider finds exceeded.
        var fault: String? {
            for quota in quotas {
                if let most = worst(quota), most > quota.limit { return "\(most) of \(quota.text)" }
            }
            return nil
        }

        private func worst(_ quota: Quota) -> Int? {
            guard let last = taken.last else { return nil }
            switch quota.period {
            case .day:
                let day = CivilDate.floor(last.at.milliseconds, 86_400_000)
                return sum { CivilDate.floor($0.milliseconds, 86_400_000) == day }
            case .month:
                let month = Self.month(last.at)
                return sum { Self.month($0) == month }
            case .rolling(let window): return sum { last.at - $0 < window }
            }
        }

        private static func month(_ time: Timestamp) -> Int64 {
            CivilDate(days: CivilDate.floor(time.milliseconds, 86_400_000)).monthNumber
        }

        private func sum(where isCounted: (Timestamp) -> Bool) -> Int {
            taken.reduce(0) { $0 + (isCounted($1.at) ? $1.count : 0) }
        }
    }

    private static let sets = [
        ["7/d"], ["900/d"], ["300/24h"], ["40/1h"], ["500/d", "2000/month"], ["60/d", "80/24h", "400/month"],
    ]

    @Test(
        "are never exceeded, over crashes, failed writes and the ends of periods",
        arguments: 1...60 as ClosedRange<UInt64>)
    func neverExceeded(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let texts = try #require(Self.sets.randomElement(using: &generator))
        var world = World(texts.compactMap { Quota($0) })
        let most = [1, 5, 50].randomElement(using: &generator) ?? 1
        var judged = 0
        for step in 0..<3000 {
            defer { judged = world.taken.count }
            switch Int.random(in: 0..<100, using: &generator) {
            case ..<30: world.begin(most, &generator)
            case ..<50: world.give(&generator)
            case ..<70: world.settle(&generator)
            case ..<92: world.write(&generator)
            case ..<94: world.crash(&generator)
            case ..<99: world.now = world.now + .seconds(Int.random(in: 0...600, using: &generator))
            case _: world.now = world.now + .seconds(Int.random(in: 0...40_000, using: &generator))
            }
            if world.taken.count > judged, let fault = world.fault {
                Issue.record("seed \(seed), step \(step): \(fault)")
                return
            }
        }
        #expect(!world.taken.isEmpty, "seed \(seed)")
    }

    @Test("nobody waits for a quota that has room: all of it can be given in a period without crashes")
    func usedUp() {
        for limit in [1, 3, 250, 10_000] {
            var world = World([Quota(limit: limit, period: .day)])
            var given = 0
            while world.ledger.room(world.moment) > 0 {
                let ticket = world.ledger.reserve(1)
                if world.ledger.needsRecord(world.moment) {
                    _ = world.ledger.record(world.moment)
                    world.ledger.recorded(true, world.moment)
                }
                #expect(world.ledger.isDurable(ticket))
                world.ledger.settle(1, used: 1, world.moment)
                given += 1
            }
            #expect(given == limit)
        }
    }
}
