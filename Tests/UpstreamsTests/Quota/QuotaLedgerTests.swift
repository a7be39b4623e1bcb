import Mail
import TestKit
import Testing

@testable import Upstreams

@Suite("What an upstream may still be given")
struct QuotaLedgerTests {
    /// 2026-11-30, in the middle of the day.
    private static let noon = Timestamp(milliseconds: 1_796_040_000_000)

    private func moment(_ after: Duration = .zero, lead: Duration = .zero) -> QuotaMoment {
        QuotaMoment(wall: Self.noon + after + lead, steady: Self.noon + after)
    }

    private func ledger(
        _ quotas: String..., warn: Double = 0.8, record: QuotaRecord? = nil, at after: Duration = .zero
    ) -> QuotaLedger {
        QuotaLedger(quotas.compactMap { Quota($0) }, zone: .utc, warn: warn, record, now: moment(after))
    }

    /// Gives recipients that the upstream takes.
    private func give(_ count: Int, _ ledger: inout QuotaLedger, at after: Duration = .zero) {
        _ = ledger.reserve(count)
        ledger.settle(count, used: count, moment(after))
    }

    @Test("counts what is under way, and frees what was refused")
    func counting() {
        var ledger = ledger("10/d")
        #expect(ledger.room(moment()) == 10)
        _ = ledger.reserve(7)
        #expect(ledger.room(moment()) == 3)
        ledger.settle(7, used: 2, moment())
        #expect(ledger.room(moment()) == 8)
        #expect(ledger.reports(moment()).map(\.used) == [2])
        give(8, &ledger)
        #expect(ledger.room(moment()) == 0)
        #expect(ledger.freeAt(moment()) == Self.noon + .seconds(12 * 3600))
    }

    @Test("a day begins anew at midnight, and what is under way then counts for the new one too")
    func midnight() {
        var ledger = ledger("10/d")
        give(6, &ledger)
        _ = ledger.reserve(4)
        let next = Duration.seconds(12 * 3600)
        #expect(ledger.room(moment(next - .milliseconds(1))) == 0)
        #expect(ledger.room(moment(next)) == 6)
        ledger.settle(4, used: 4, moment(next))
        #expect(ledger.room(moment(next)) == 6)
        #expect(ledger.reports(moment(next)).map(\.used) == [4])
    }

    @Test("a month is one of the calendar")
    func month() {
        var ledger = ledger("10/month")
        give(10, &ledger)
        #expect(ledger.freeAt(moment()) == Self.noon + .seconds(12 * 3600))
        give(10, &ledger, at: .seconds(13 * 3600))
        // December has 31 days.
        #expect(ledger.freeAt(moment(.seconds(13 * 3600))) == Self.noon + .seconds(12 * 3600 + 31 * 86_400))
    }

    @Test("a window frees each part once all of it is old enough, and needs no more memory than it has parts")
    func window() {
        var ledger = ledger("100/24h")
        give(60, &ledger)
        give(40, &ledger, at: .seconds(3600))
        #expect(ledger.room(moment(.seconds(3600))) == 0)
        #expect(ledger.room(moment(.seconds(86_400))) == 0)
        #expect(ledger.room(moment(.seconds(86_400 + 900))) == 60)
        #expect(ledger.room(moment(.seconds(90_000 + 900))) == 100)
        for second in 0..<2000 { give(1, &ledger, at: .seconds(100_000 + second * 1000)) }
        let record = ledger.record(moment(.seconds(2_100_000)))
        #expect(record.tallies[0].entries.count <= Int(QuotaTally.parts) + 1)
    }

    @Test("where all of a window is under way, the next look is not due at once, but the end of that frees it")
    func underWay() {
        var ledger = ledger("10/1h")
        _ = ledger.reserve(10)
        #expect(ledger.freeAt(moment()) == Self.noon + .seconds(3600))
        ledger.settle(10, used: 0, moment())
        #expect(ledger.freeAt(moment()) == nil)
    }

    @Test("the least of several quotas decides, and the last of them that is free")
    func several() throws {
        var ledger = ledger("10/d", "12/24h")
        give(10, &ledger)
        #expect(ledger.room(moment(.seconds(13 * 3600))) == 2)
        give(2, &ledger, at: .seconds(13 * 3600))
        let found = ledger.freeAt(moment(.seconds(13 * 3600)))
        let free = try #require(found)
        #expect(free > Self.noon + .seconds(86_400) && free <= Self.noon + .seconds(86_400 + 900))
    }

    // MARK: - On disk

    @Test("no dot leaves before its part is durable, and a block is there for those that follow")
    func tickets() {
        var ledger = ledger("2000/d")
        let first = ledger.reserve(1)
        #expect(!ledger.isDurable(first))
        #expect(ledger.needsRecord(moment()) == true)
        let record = ledger.record(moment())
        #expect(record.pool == 11)
        let second = ledger.reserve(1)
        #expect(ledger.needsRecord(moment()) == false)
        ledger.recorded(true, moment())
        #expect(ledger.isDurable(first) && ledger.isDurable(second))
        var records = 0
        for _ in 0..<1000 {
            let ticket = ledger.reserve(1)
            if ledger.needsRecord(moment()) {
                _ = ledger.record(moment())
                ledger.recorded(true, moment())
                records += 1
            }
            #expect(ledger.isDurable(ticket))
            ledger.settle(1, used: 1, moment())
        }
        #expect(records <= 1000 / 5 + 1)
    }

    @Test("after a crash a block counts as used, and after a stop nothing that was not given")
    func restart() {
        var ledger = ledger("2000/d")
        give(100, &ledger)
        let crashed = ledger.record(moment())
        ledger.recorded(true, moment())
        give(5, &ledger)
        var again = self.ledger("2000/d", record: crashed, at: .seconds(60))
        #expect(again.reports(moment(.seconds(60))).map(\.used) == [110])
        let stopped = ledger.record(moment(), isLast: true)
        again = self.ledger("2000/d", record: stopped, at: .seconds(60))
        #expect(again.reports(moment(.seconds(60))).map(\.used) == [105])
        again = self.ledger("2000/d", record: stopped, at: .seconds(86_400))
        #expect(again.reports(moment(.seconds(86_400))).map(\.used) == [0])
    }

    @Test("what a steady clock that was ahead has written counts for one window, whatever the file says")
    func aheadOnDisk() {
        let entries = [QuotaRecord.Tally.Entry(number: 1 << 36, used: 40)]
        let tally = QuotaRecord.Tally(
            quota: "100/24h", entries: entries, told: 2, toldAt: .max, heldUntil: .max)
        var ledger = ledger("100/24h", record: QuotaRecord(pool: 3, tallies: [tally]))
        #expect(ledger.room(moment()) == 0)
        #expect(ledger.freeAt(moment()) == Self.noon + .seconds(86_400))
        #expect(ledger.room(moment(.seconds(86_400))) == 57)
        #expect(ledger.room(moment(.seconds(86_400 + 900))) == 100)
    }

    @Test("while nothing can be written, only what is durable is given")
    func unwritable() {
        var ledger = ledger("2000/d")
        _ = ledger.reserve(1)
        _ = ledger.record(moment())
        ledger.recorded(false, moment())
        #expect(ledger.room(moment()) == 0)
        #expect(ledger.freeAt(moment()) == Self.noon + .seconds(1))
        #expect(ledger.needsRecord(moment()) == false)
        ledger.settle(1, used: 0, moment())
        #expect(ledger.room(moment(.seconds(1))) == 2000)
        #expect(ledger.needsRecord(moment(.seconds(1))) == true)
    }

    // MARK: - Changes

    @Test("another limit keeps the count, another period begins with nothing, and no quota lets everything through")
    func reload() {
        var ledger = ledger("10/d")
        give(8, &ledger)
        ledger.replace([Quota("20/d"), Quota("100/month")].compactMap { $0 }, zone: .utc, warn: 0.8, moment())
        #expect(ledger.reports(moment()).map(\.used) == [8, 0])
        #expect(ledger.room(moment()) == 12)
        ledger.replace([Quota("5/d")].compactMap { $0 }, zone: .utc, warn: 0.8, moment())
        #expect(ledger.room(moment()) == 0)
        #expect(ledger.reports(moment()).map(\.left) == [0])
        ledger.replace([], zone: .utc, warn: 0.8, moment())
        #expect(ledger.room(moment()) == .max)
        let ticket = ledger.reserve(3)
        #expect(ledger.isDurable(ticket))
    }

    @Test("another time zone keeps the count of today")
    func zone() throws {
        var ledger = ledger("10/d")
        give(8, &ledger)
        let zone = try #require(TimeZoneRules(name: "test", ZoneFile.octets(rule: "<+13>-13")))
        ledger.replace(ledger.quotas, zone: zone, warn: 0.8, moment())
        #expect(ledger.room(moment()) == 2)
        #expect(ledger.freeAt(moment(.seconds(1))) == nil)
        give(2, &ledger)
        #expect(ledger.freeAt(moment()) == Self.noon + .seconds(23 * 3600))
        ledger.replace(ledger.quotas, zone: .utc, warn: 0.8, moment(.seconds(2 * 86_400)))
        #expect(ledger.room(moment(.seconds(2 * 86_400))) == 10, "what was given the day before yesterday is over")
    }

    @Test("a clock that is set back or forth gives nothing twice")
    func clock() {
        for step in [-86_400, 86_400, 40 * 86_400] as [Int] {
            var ledger = ledger("10/d")
            give(6, &ledger)
            ledger.stepped(by: .seconds(step), moment(lead: .seconds(step)))
            #expect(ledger.room(moment(lead: .seconds(step))) == 4, "\(step)")
            _ = ledger.reserve(4)
            ledger.settle(4, used: 4, moment(lead: .seconds(step)))
            ledger.stepped(by: .seconds(-step), moment())
            #expect(ledger.room(moment()) == 0, "\(step) and back")
        }
    }

    @Test("an operator corrects the count in both directions")
    func correction() {
        for text in ["100/d", "100/24h"] {
            var ledger = ledger(text)
            give(50, &ledger)
            let period = ledger.quotas[0].period
            for used in [70, 20, 100, 0] {
                #expect(ledger.correct(period, used: used, moment()) == true)
                #expect(ledger.room(moment()) == 100 - used)
                #expect(ledger.needsRecord(moment()) == true)
                _ = ledger.record(moment())
                ledger.recorded(true, moment())
            }
            #expect(ledger.correct(.month, used: 1, moment()) == false)
        }
    }

    @Test("the reply of a provider uses up the rest of a day, and holds a window for a part of it")
    func exhausted() {
        var ledger = ledger("10/d", "100/24h")
        #expect(ledger.exhaust(.day, moment()) == true)
        #expect(ledger.room(moment()) == 0)
        _ = ledger.record(moment())
        ledger.recorded(true, moment())
        #expect(ledger.exhaust(.day, moment()) == false, "the next message that hears it changes nothing")
        #expect(ledger.needsRecord(moment()) == false)
        #expect(ledger.room(moment(.seconds(12 * 3600))) == 10)
        #expect(ledger.exhaust(.rolling(.seconds(86_400)), moment(.seconds(12 * 3600))) == true)
        #expect(ledger.exhaust(.rolling(.seconds(86_400)), moment(.seconds(12 * 3600 + 60))) == false)
        #expect(ledger.room(moment(.seconds(12 * 3600 + 3599))) == 0)
        #expect(ledger.room(moment(.seconds(13 * 3600))) == 10)
    }

    @Test("a window that the provider holds is free again with that, not with the oldest part of it")
    func heldWindow() {
        var ledger = ledger("100/24h")
        give(40, &ledger)
        #expect(ledger.exhaust(.rolling(.seconds(86_400)), moment(.seconds(60))) == true)
        #expect(ledger.freeAt(moment(.seconds(60))) == Self.noon + .seconds(3660))
        #expect(ledger.room(moment(.seconds(3660))) == 60)
    }

    @Test("tells once per period that a quota is near its end, and that it is used up")
    func news() {
        var ledger = ledger("10/d")
        give(7, &ledger)
        #expect(ledger.news(moment()).isEmpty)
        give(1, &ledger)
        #expect(ledger.news(moment()).count == 1)
        #expect(ledger.news(moment()).isEmpty)
        give(2, &ledger)
        guard case .spent(let report)? = ledger.news(moment()).first else {
            Issue.record("nothing is told of the end")
            return
        }
        #expect(report.used == 10 && report.left == 0 && report.share == 1)
        #expect(ledger.news(moment()).isEmpty)
        let record = ledger.record(moment())
        var again = self.ledger("10/d", record: record)
        #expect(again.news(moment()).isEmpty)
        give(8, &again, at: .seconds(86_400))
        #expect(again.news(moment(.seconds(86_400))).count == 1)
    }
}
