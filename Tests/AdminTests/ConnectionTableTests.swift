import NIOCore
import Testing

@testable import Admin

@Suite("Connections over TCP")
struct ConnectionTableTests {
    private static func at(_ seconds: Int64) -> NIODeadline { .uptimeNanoseconds(0) + .seconds(seconds) }

    @Test("the one that has waited longest makes room")
    func oldest() {
        var table = ConnectionTable(limit: 3)
        let numbers = (1...3).map { table.opened(at: Self.at($0)).number }
        // The first has been served since.
        table.requestReceived(numbers[0])
        table.answered(numbers[0], at: Self.at(4))
        #expect(table.opened(at: Self.at(5)).excess == numbers[1])
        table.closed(numbers[1])
        #expect(table.count == 3)
        #expect(table.opened(at: Self.at(6)).excess == numbers[2])
    }

    @Test("a connection whose request is being answered stays; where all are, the new one goes")
    func busy() {
        var table = ConnectionTable(limit: 2)
        let numbers = (1...2).map { table.opened(at: Self.at($0)).number }
        #expect(numbers.allSatisfy(table.isWaiting))
        for number in numbers { table.requestReceived(number) }
        #expect(!numbers.contains(where: table.isWaiting))
        let new = table.opened(at: Self.at(3))
        #expect(new.excess == new.number)
        table.closed(new.number)
        table.answered(numbers[1], at: Self.at(4))
        #expect(table.opened(at: Self.at(5)).excess == numbers[1])
    }

    @Test("what has ended counts no more, and cannot come back")
    func ended() {
        var table = ConnectionTable(limit: 1)
        let first = table.opened(at: Self.at(1)).number
        table.closed(first)
        table.answered(first, at: Self.at(2))
        table.requestReceived(first)
        #expect(table.count == 0)
        #expect(table.opened(at: Self.at(3)).excess == nil)
    }
}
