import Mail
import Testing

@testable import Delivery

@Suite("Classes take turns at an upstream")
struct ClassQueueTests {
    private func queue(_ elements: [(Int, Priority)]) -> ClassQueue<Int> {
        var queue = ClassQueue<Int>()
        for (element, priority) in elements { queue.append(element, priority) }
        return queue
    }

    private func drain(_ queue: inout ClassQueue<Int>) -> [Int] {
        var order: [Int] = []
        while let element = queue.popNext() { order.append(element) }
        return order
    }

    @Test("what has come together goes by class, and within a class by age")
    func together() {
        var queue = queue([(1, .bulk), (2, .normal), (3, .high), (4, .normal)])
        #expect(queue.count == 4 && queue.count(of: .normal) == 2 && !queue.isEmpty)
        #expect(queue.all == [3, 2, 4, 1])
        #expect(drain(&queue) == [3, 2, 4, 1])
        #expect(queue.isEmpty && queue.popNext() == nil)
    }

    @Test("a high message that comes to waiting bulk is next, or after one")
    func overtakes() {
        for gone in 0..<40 {
            var queue = queue((0..<100).map { ($0, .bulk) })
            for _ in 0..<gone { _ = queue.popNext() }
            queue.append(1000, .high)
            #expect([queue.popNext(), queue.popNext()].contains(1000), "after \(gone)")
        }
    }

    @Test("while all classes wait, each has its share by weight")
    func shares() {
        var queue = queue((0..<300).flatMap { [($0, Priority.high), ($0, .normal), ($0, .bulk)] })
        var counts = [0, 0, 0]
        for _ in 0..<210 {
            let before = Priority.allCases.map { queue.count(of: $0) }
            _ = queue.popNext()
            for (index, priority) in Priority.allCases.enumerated() {
                counts[index] += before[index] - queue.count(of: priority)
            }
        }
        #expect(counts == [160, 40, 10])
    }

    @Test("other weights apply from the next turn on")
    func reload() {
        var weights = ClassWeights()
        (weights.high, weights.normal, weights.bulk) = (1, 1, 1)
        var queue = queue((0..<50).flatMap { [($0, Priority.high), ($0 + 100, .bulk)] })
        queue.replace(weights)
        let order = drain(&queue)
        #expect(order.prefix(60).count { $0 >= 100 } >= 25)
        weights.bulk = 0
        #expect(weights[.bulk] == 1)
    }

    @Test("what comes back goes first in its class, and what is removed has no turn")
    func changes() {
        var queue = queue([(1, .normal), (2, .normal), (3, .high), (4, .bulk)])
        queue.prepend(0, .normal)
        #expect(queue.removeAll { $0 == 3 || $0 == 4 } == [3, 4])
        #expect(drain(&queue) == [0, 1, 2])
    }
}
