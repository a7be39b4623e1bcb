import Mail
import TestKit
import Testing
import Upstreams

@testable import Delivery

@Suite("Classes share the rate of an upstream")
struct ClassDebtsTests {
    private static let start = MonotonicInstant(nanoseconds: 1_000_000_000_000)

    /// Asks for each class in order, as the feeder does, until none can go.
    private struct Shop {
        var throttle: Throttle
        var debts = ClassDebts()
        var gone: [Priority] = []

        mutating func serve(_ waiting: [Priority], at now: MonotonicInstant) {
            for priority in waiting {
                while throttle.nextAllowed(now: now, isOwed: debts.isDue(priority)) == nil {
                    throttle.take(now: now)
                    debts.went(priority)
                    gone.append(priority)
                }
                debts.waits(priority)
            }
            debts.roundEnded()
        }
    }

    @Test("high mail comes first, and each lower class has its share", arguments: [1, 10, 14])
    func shares(rate: Int) {
        var shop = Shop(throttle: Throttle(limit: Rate(count: rate, per: .seconds(1)), now: Self.start))
        let seconds = 2100 / rate + 2
        for tick in 0..<(seconds * 20) {
            shop.serve(Priority.allCases, at: Self.start + .milliseconds(50 * tick))
        }
        let counts = Priority.allCases.map { priority in Double(shop.gone.count { $0 == priority }) }
        let all = Double(shop.gone.count)
        #expect(all >= 2000)
        #expect(abs(counts[0] / all - 16.0 / 21) < 0.02)
        #expect(abs(counts[1] / all - 4.0 / 21) < 0.02)
        #expect(abs(counts[2] / all - 1.0 / 21) < 0.01)
    }

    @Test("the rate is kept, but for one message", arguments: [1, 14])
    func keepsRate(rate: Int) {
        var shop = Shop(throttle: Throttle(limit: Rate(count: rate, per: .seconds(1)), now: Self.start))
        for tick in 0..<4000 {
            shop.serve(Priority.allCases, at: Self.start + .milliseconds(25 * tick))
            #expect(shop.gone.count <= rate * tick / 40 + rate + 1)
        }
    }

    @Test("a class that waits alone has the rate and no more", arguments: Priority.allCases)
    func alone(priority: Priority) {
        var shop = Shop(throttle: Throttle(limit: Rate(count: 10, per: .seconds(1)), now: Self.start))
        for tick in 0..<400 { shop.serve([priority], at: Self.start + .milliseconds(50 * tick)) }
        #expect((200...210).contains(shop.gone.count))
    }

    @Test("where many turns come at once, lower classes have some of them", arguments: [100, 1000])
    func coarse(rate: Int) {
        var shop = Shop(throttle: Throttle(limit: Rate(count: rate, per: .seconds(1)), now: Self.start))
        for tick in 0..<1000 { shop.serve(Priority.allCases, at: Self.start + .milliseconds(20 * tick)) }
        for priority in [Priority.normal, .bulk] {
            #expect(Double(shop.gone.count { $0 == priority }) > 0.01 * Double(shop.gone.count))
        }
    }

    @Test("a class whose mail has gone elsewhere keeps no turn from the others")
    func gone() {
        var shop = Shop(throttle: Throttle(limit: Rate(count: 10, per: .seconds(1)), now: Self.start))
        for tick in 0..<200 { shop.serve(Priority.allCases, at: Self.start + .milliseconds(50 * tick)) }
        shop.gone = []
        for tick in 200..<2200 { shop.serve([.high, .normal], at: Self.start + .milliseconds(50 * tick)) }
        let normal = Double(shop.gone.count { $0 == .normal }) / Double(shop.gone.count)
        #expect(abs(normal - 4.0 / 20) < 0.02, "\(normal)")
    }

    @Test("a class that has waited and comes again is owed nothing of before")
    func again() {
        var debts = ClassDebts()
        debts.waits(.bulk)
        debts.went(.high)
        #expect(debts.isDue(.bulk))
        debts.roundEnded()
        #expect(debts.isDue(.bulk))
        debts.roundEnded()
        #expect(!debts.isDue(.bulk))
        debts.waits(.bulk)
        #expect(!debts.isDue(.bulk))
    }

    @Test("a class that does not wait is owed nothing, nor one that nobody has overtaken")
    func owed() {
        var debts = ClassDebts()
        for _ in 0..<100 { debts.went(.high) }
        #expect(Priority.allCases.allSatisfy { !debts.isDue($0) })
        debts.waits(.bulk)
        #expect(!debts.isDue(.bulk))
        debts.went(.high)
        #expect(debts.isDue(.bulk))
        debts.went(.bulk)
        debts.waits(.bulk)
        #expect(!debts.isDue(.bulk))
    }

    @Test("a higher class that waits is before a lower one, until that has lost its share")
    func order() {
        var debts = ClassDebts()
        debts.waits(.bulk)
        var high = 0
        while !debts.isDue(.bulk), high < 100 {
            debts.waits(.high)
            #expect(!debts.isDue(.high))
            debts.went(.high)
            high += 1
            debts.waits(.high)
        }
        #expect(high == 16)
    }
}
