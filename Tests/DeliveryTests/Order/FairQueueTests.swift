import Spool
import TestKit
import Testing

@testable import Delivery

@Suite("Users and recipient domains take turns")
struct FairQueueTests {
    private static let seeds = (0..<200).map { UInt64($0) }

    private func key(_ user: String?, _ domain: String = "x.example") -> FlowKey {
        FlowKey(user: user, recipient: "r@\(domain)")
    }

    private func drain(_ queue: inout FairQueue<Int>) -> [Int] {
        var order: [Int] = []
        while let first = queue.first, let element = queue.popFirst() {
            #expect(first == element)
            order.append(element)
        }
        return order
    }

    @Test("mail of one user to one domain goes in order of arrival")
    func single() {
        var queue = FairQueue<Int>()
        for number in 0..<100 { queue.append(number, key("shop")) }
        #expect(queue.count == 100)
        #expect(drain(&queue) == Array(0..<100))
        #expect(queue.isEmpty && queue.first == nil && queue.popFirst() == nil)
    }

    @Test("a user with little is not behind a user with much")
    func users() {
        var queue = FairQueue<Int>()
        for number in 0..<100_000 { queue.append(number, key("newsletter")) }
        queue.append(-1, key("shop"))
        queue.append(-2, key("shop"))
        let first = (0..<4).compactMap { _ in queue.popFirst() }
        #expect(first == [0, -1, 1, -2])
        #expect(queue.count == 99_998)
    }

    @Test("a domain with little is not behind a domain with much, and takes nothing from other users")
    func domains() {
        var queue = FairQueue<Int>()
        for number in 0..<10 { queue.append(number, key("a", "big.example")) }
        queue.append(-1, key("a", "small.example"))
        for number in 100..<104 { queue.append(number, key("b", "big.example")) }
        #expect((0..<8).compactMap { _ in queue.popFirst() } == [0, 100, -1, 101, 1, 102, 2, 103])
    }

    @Test("what is put back goes first, the last one put back before the others")
    func back() {
        var queue = FairQueue<Int>()
        for number in 0..<3 { queue.append(number, key("a")) }
        queue.append(3, key("b"))
        let taken = [queue.popFirst(), queue.popFirst()].compactMap { $0 }
        for element in taken.reversed() { queue.prepend(element) }
        #expect(queue.count == 4 && queue.contains { $0 == 0 })
        #expect(drain(&queue) == [0, 3, 1, 2])
    }

    @Test("what is put back into its line goes first there, in its order, and takes no turn from others")
    func backInLine() {
        var queue = FairQueue<Int>()
        for number in 0..<10 { queue.append(number, key("newsletter")) }
        #expect(queue.removeAll { $0 < 8 } == Array(0..<8))
        for number in 0..<8 { queue.putBack(number, key("newsletter")) }
        queue.append(-1, key("shop"))
        queue.append(-2, key("shop"))
        #expect(queue.count == 12 && queue.contains { $0 == 7 })
        #expect(drain(&queue) == [0, -1, 1, -2, 2, 3, 4, 5, 6, 7, 8, 9])
        queue.putBack(1, key("a"))
        queue.putBack(2, key("b", "other.example"))
        queue.append(3, key("b", "other.example"))
        #expect(queue.all == [1, 2, 3] && drain(&queue) == [1, 2, 3])
    }

    @Test("whatever comes and goes, each goes once, in order within its line, and none is lost", arguments: seeds)
    func conserves(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let keys = (0..<3).flatMap { user in (0..<3).map { key("user \(user)", "domain-\($0).example") } }
        var queue = FairQueue<Int>()
        var lines = [FlowKey: [Int]]()
        var places: [Int: FlowKey] = [:]
        var returned: Set<Int> = []
        for number in 0..<1500 {
            switch Int.random(in: 0..<20, using: &random) {
            case 0..<9:
                let key = keys[Int.random(in: 0..<Int.random(in: 1...9, using: &random), using: &random)]
                lines[key, default: []].append(number)
                places[number] = key
                queue.append(number, key)
            case 9..<18:
                guard let element = queue.popFirst() else { continue }
                let key = places.removeValue(forKey: element)
                #expect(key.flatMap { lines[$0]?.removeFirst() } == element, "seed \(seed)")
            case 18:
                let divisor = Int.random(in: 2...50, using: &random)
                let removed = queue.removeAll { $0.isMultiple(of: divisor) }
                #expect(Set(removed) == Set(places.keys.filter { $0.isMultiple(of: divisor) }), "seed \(seed)")
                lines = lines.mapValues { $0.filter { !$0.isMultiple(of: divisor) } }
                let isBack = Bool.random(using: &random)
                // Older ones that are back already are before these.
                for element in removed {
                    guard isBack, let key = places[element] else {
                        places[element] = nil
                        continue
                    }
                    queue.putBack(element, key)
                    let place = lines[key]?.prefix { returned.contains($0) }.count ?? 0
                    lines[key, default: []].insert(element, at: place)
                    returned.insert(element)
                }
            default:
                var seen: Set<Int> = []
                queue.update { seen.insert($0) }
                #expect(seen == Set(places.keys) && Set(queue.all) == seen, "seed \(seed)")
            }
            #expect(queue.count == places.count && queue.isEmpty == places.isEmpty, "seed \(seed)")
        }
        #expect(Set(drain(&queue)) == Set(places.keys), "seed \(seed)")
    }

    @Test("while two users wait, neither goes more than one message further than the other", arguments: seeds)
    func isFair(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let count = Int.random(in: 2...8, using: &random)
        let keys = (0..<count).map { key("user \($0)") }
        var queue = FairQueue<Int>()
        // Much more than goes, of some far more than of others.
        for user in 0..<count {
            for _ in 0..<Int.random(in: 200...2000, using: &random) { queue.append(user, keys[user]) }
        }
        var gone = [Int](repeating: 0, count: count)
        for _ in 0..<200 {
            guard let user = queue.popFirst() else { break }
            gone[user] += 1
            let (least, most) = (gone.min() ?? 0, gone.max() ?? 0)
            #expect(most - least <= 1, "seed \(seed)")
        }
    }
}
