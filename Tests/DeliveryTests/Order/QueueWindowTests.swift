import Mail
import NIOCore
import Spool
import TestKit
import Testing

@testable import Delivery

@Suite("What is kept in memory ahead of its turn")
struct QueueWindowTests {
    private static let now = Timestamp(milliseconds: 1_800_000_000_000)
    private static let seeds = (0..<50).map { UInt64($0) }

    private func job(_ number: Int64, _ priority: Priority, user: String? = nil, route: Int = 0) -> DeliveryJob {
        let message = SpooledMessage(
            id: QueueID(rawValue: number), receivedAt: Self.now,
            sender: ReversePath(address: Address(unchecked: "s@x")), body: .sevenBit, priority: priority,
            messageID: "<m@x>", origin: "test", user: user, size: 1,
            recipients: [Recipient(address: Address(unchecked: "r@x"))])
        let terms = MessageCycle.Terms(route: route, upstreams: [0], onlyUpstreams: nil)
        let content = MessageContent.resident(ResidentContent(parts: [], budget: MemoryBudget(limit: 0)))
        return DeliveryJob(MessageCycle(message, recipients: [0], terms: terms), content)
    }

    /// Reads whatever the queue asks for, until it asks for nothing.
    private func fill(_ queue: DeliveryQueue, route: Int = 0) {
        while true {
            let missing = queue.fill(isShort: false) { _ = queue.place($0) }
            guard !missing.isEmpty else { return }
            for id in missing { _ = queue.place(job(id.rawValue, queue.loaded(id).rank.priority, route: route)) }
        }
    }

    @Test("has a bound for each class, however much waits")
    func bound() {
        let queue = DeliveryQueue(routeCount: 1)
        for number in 0..<Int64(30_000) {
            queue.add(
                QueueID(rawValue: number), rank: MessageRank(Priority.allCases[Int(number % 3)]))
        }
        fill(queue)
        #expect(queue.inMemory == 3 * DeliveryQueue.windowSize)
        #expect(queue.numbersOnly == 30_000 - queue.inMemory)
    }

    @Test("one read asks for no more than its part of each class", arguments: [1, 3])
    func batch(routeCount: Int) {
        let queue = DeliveryQueue(routeCount: routeCount)
        for number in 0..<Int64(3000) {
            queue.add(QueueID(rawValue: number), rank: MessageRank(Priority.allCases[Int(number % 3)]))
        }
        let missing = queue.fill(isShort: false) { _ in }
        #expect(missing.count == 3 * DeliveryQueue.loadBatch && queue.loadingCount == missing.count)
        // High ones are read first.
        #expect(missing.prefix(DeliveryQueue.loadBatch).allSatisfy { $0.rawValue.isMultiple(of: 3) })
    }

    @Test("a high message finds room beside a hundred thousand waiting bulk messages, in memory and from disk")
    func room() {
        let queue = DeliveryQueue(routeCount: 1)
        for number in 0..<Int64(100_000) { queue.add(QueueID(rawValue: number), rank: MessageRank(.bulk)) }
        fill(queue)
        queue.add(job(2_000_000, .high))
        queue.add(QueueID(rawValue: 2_000_001), rank: MessageRank(.high))
        fill(queue)
        #expect(queue.first(route: 0, of: .high)?.id == QueueID(rawValue: 2_000_000))
        #expect(queue.location(of: QueueID(rawValue: 2_000_001)) == .inLine)
        #expect(queue.backlog(of: .high) == 2)
    }

    /// A route with a full line of a class, and more behind it.
    private func park(_ priority: Priority, _ numbers: ClosedRange<Int64>, in queue: DeliveryQueue) {
        for number in 0..<Int64(DeliveryQueue.windowSize / 4) {
            #expect(queue.place(job(1_000_000 + number, priority, route: 1)))
        }
        for number in numbers { #expect(!queue.place(job(number, priority, route: 1))) }
    }

    @Test("high mail behind its line is read although bulk waits long for the rate of the route's upstream")
    func blocked() {
        let queue = DeliveryQueue(routeCount: 2)
        park(.high, 1...10, in: queue)
        #expect(queue.place(job(100, .bulk, route: 1)))
        while queue.first(route: 1, of: .high) != nil { queue.removeFirst(route: 1, of: .high) }
        queue.setBlocked(true, route: 1)
        #expect(queue.fill(isShort: false) { _ in } == (1...10).map { QueueID(rawValue: $0) })
    }

    @Test("mail whose route is unknown after a reload does not wait until nothing of other classes is read")
    func unsorted() {
        let queue = DeliveryQueue(routeCount: 2)
        park(.high, 1...10, in: queue)
        for number in Int64(100)..<1000 { queue.add(QueueID(rawValue: number), rank: MessageRank(.bulk)) }
        #expect(queue.fill(isShort: false) { _ in }.allSatisfy { $0.rawValue >= 100 })
        for job in queue.replaceRoutes(count: 3, isSortedAlike: false) { queue.forget(job.id) }
        #expect(queue.fill(isShort: false) { _ in } == (1...10).map { QueueID(rawValue: $0) })
    }

    @Test("bulk that fails over takes no room from high mail that does")
    func failingOver() {
        let queue = DeliveryQueue(routeCount: 1)
        for number in Int64(1)...Int64(DeliveryQueue.windowSize + 1) {
            let bulk = job(number, .bulk)
            bulk.cycle.unreachable(0)
            #expect(queue.keep(bulk) == (number <= DeliveryQueue.windowSize))
        }
        let high = job(2000, .high)
        high.cycle.unreachable(0)
        #expect(queue.keep(high) && queue.backlog(of: .high) == 1)
        #expect(queue.takeFailingOver().first === high && queue.takeFailingOver().isEmpty)
    }

    @Test("is fair to users within a line", arguments: seeds)
    func users(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let queue = DeliveryQueue(routeCount: 2)
        for number in 0..<Int64(60) {
            let user = Int.random(in: 0..<10, using: &random) == 0 ? "shop" : "newsletter"
            #expect(queue.place(job(number, .normal, user: user, route: 1)))
        }
        var (counts, shops) = ([String: Int](), queue.routes[1].window.all.count { $0.message.user == "shop" })
        while shops > 0, let job = queue.first(route: 1, of: .normal) {
            queue.removeFirst(route: 1, of: .normal)
            if job.message.user == "shop" { shops -= 1 }
            counts[job.message.user ?? "", default: 0] += 1
        }
        #expect(abs((counts["shop"] ?? 0) - (counts["newsletter"] ?? 0)) <= 1, "seed \(seed)")
    }

    @Test("keeps the rank of what is parked, given back, or put back")
    func ranks() {
        let queue = DeliveryQueue(routeCount: 2)
        let size = Int64(DeliveryQueue.windowSize / 4)
        for number in 0..<size { #expect(queue.place(job(number, .bulk, user: "a"))) }
        let parked = job(size, .bulk, user: "a")
        #expect(!queue.place(parked))
        // Another class has its own line.
        #expect(queue.place(job(size + 1, .high, user: "a")))
        #expect(queue.take(parked.id) == .taken(parked.rank))
        queue.giveBack(parked.id)
        queue.putBack(parked)
        #expect(queue.fill(isShort: false) { _ in } == [parked.id])
        #expect(queue.loaded(parked.id) == (false, parked.rank))
    }
}
