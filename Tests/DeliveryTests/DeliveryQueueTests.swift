import Mail
import NIOCore
import Spool
import Testing

@testable import Delivery

@Suite("The queue knows where every message is")
struct DeliveryQueueTests {
    private static let now = Timestamp(milliseconds: 1_800_000_000_000)

    private func id(_ number: Int64) -> QueueID { QueueID(rawValue: number) }

    private func job(_ number: Int64, route: Int = 0, only upstreams: [Int]? = nil) -> DeliveryJob {
        let message = SpooledMessage(
            id: id(number), receivedAt: Self.now, sender: ReversePath(address: Address(unchecked: "s@x")),
            body: .sevenBit, priority: .normal, messageID: "<m@x>", origin: "test", size: 1,
            recipients: [Recipient(address: Address(unchecked: "r@x"))])
        let terms = MessageCycle.Terms(route: route, upstreams: [0, 1], onlyUpstreams: upstreams)
        let content = MessageContent.resident(ResidentContent(parts: [], budget: MemoryBudget(limit: 0)))
        return DeliveryJob(MessageCycle(message, recipients: [0], terms: terms), content)
    }

    private func fill(_ queue: DeliveryQueue) -> [QueueID] {
        queue.fill(isShort: false) { _ = queue.place($0) }
    }

    @Test("a message waits for its time, becomes ready, is read, stands in line, goes out and is gone")
    func life() {
        let queue = DeliveryQueue(routeCount: 1)
        let one = id(1)
        #expect(queue.location(of: one) == nil)
        queue.schedule(one, due: Self.now, rank: MessageRank(.normal))
        #expect(queue.location(of: one) == .scheduled)
        queue.release(until: Self.now)
        #expect(queue.location(of: one) == .ready)
        #expect(fill(queue) == [one])
        #expect(queue.location(of: one) == .loading)
        #expect(queue.loadingCount == 1)
        #expect(queue.loaded(one) == (false, MessageRank(.normal)))
        let job = job(1)
        #expect(queue.place(job))
        #expect(queue.location(of: one) == .inLine)
        #expect(queue.first(route: 0, of: .normal) === job)
        queue.handedOver(one)
        queue.removeFirst(route: 0, of: .normal)
        #expect(queue.location(of: one) == .withUpstream)
        queue.forget(one)
        #expect(queue.location(of: one) == nil)
        #expect(queue.inMemory == 0 && queue.numbersOnly == 0)
    }

    @Test("what rests with its stream is looked through once a second, however many deadlines there are")
    func resting() {
        let queue = DeliveryQueue(routeCount: 1)
        let times = [0, 5, 900, 1500].map { Self.now + .milliseconds($0) }
        for (number, time) in times.enumerated() {
            queue.rest(id(Int64(number)), of: "news", rank: MessageRank(.normal), deadline: time)
        }
        func overdue(after milliseconds: Int) -> [Int64] {
            let now = Self.now + .milliseconds(milliseconds)
            queue.release(until: now)
            return queue.takeOverdue(at: now) { _ in true }.map(\.id.rawValue)
        }
        #expect(overdue(after: 0) == [0])
        #expect(overdue(after: 10) == [] && queue.nextDue == Self.now + .milliseconds(1000))
        #expect(overdue(after: 1000) == [1, 2])
        #expect(overdue(after: 1999) == [] && overdue(after: 2000) == [3] && queue.nextDue == nil)
    }

    @Test("what is read back comes in the order of its priority, and keeps it", arguments: Priority.allCases)
    func priorities(priority: Priority) {
        let queue = DeliveryQueue(routeCount: 1)
        queue.add(id(1), rank: MessageRank(.bulk))
        queue.schedule(id(2), due: Self.now, rank: MessageRank(priority))
        queue.release(until: Self.now)
        #expect(fill(queue) == (priority == .bulk ? [id(1), id(2)] : [id(2), id(1)]))
        #expect(queue.loaded(id(2)) == (false, MessageRank(priority)))
        #expect(queue.loaded(id(1)) == (false, MessageRank(.bulk)))
    }

    @Test("many that are due together become ready in parts, so that others come between, and none is forgotten")
    func parts() {
        let queue = DeliveryQueue(routeCount: 1)
        let count = 2 * WaitingMessages.releaseLimit + 10
        for number in 0..<Int64(count) { queue.schedule(id(number), due: Self.now, rank: MessageRank(.bulk)) }
        queue.release(until: Self.now)
        #expect(queue.backlog == WaitingMessages.releaseLimit && queue.nextDue == Self.now)
        for _ in 0..<2 { queue.release(until: Self.now) }
        #expect(queue.backlog == count && queue.nextDue == nil)
    }

    @Test("a message in memory goes from the head of its class into its line without being read")
    func resident() {
        let queue = DeliveryQueue(routeCount: 1)
        queue.add(job(1))
        #expect(queue.location(of: id(1)) == .ready)
        #expect(fill(queue).isEmpty)
        #expect(queue.location(of: id(1)) == .inLine)
    }

    @Test("a message restricted to few upstreams is pinned, one that was failed waits beside the line")
    func beside() {
        let queue = DeliveryQueue(routeCount: 1)
        #expect(queue.place(job(1, only: [0])))
        #expect(queue.location(of: id(1)) == .pinned)
        let failed = job(2)
        failed.cycle.leaveOut(0)
        #expect(queue.keep(failed))
        #expect(queue.location(of: id(2)) == .failingOver)
        #expect(queue.takePinned().map(\.id) == [id(1)])
        #expect(queue.takeFailingOver().map(\.id) == [id(2)])
        #expect(queue.inMemory == 0)
    }

    @Test("with routes, messages that find their line full are parked, and examined again when an upstream recovers")
    func parked() {
        let queue = DeliveryQueue(routeCount: 2)
        let size = Int64(DeliveryQueue.windowSize / 4)
        for number in 1...size { #expect(queue.place(job(number))) }
        #expect(!queue.place(job(size + 1)))
        #expect(queue.location(of: id(size + 1)) == .parked)
        #expect(queue.place(job(size + 2, route: 1)))
        queue.releaseAll()
        #expect(queue.location(of: id(size + 1)) == .ready)
    }

    @Test("a trial releases what waits for any upstream, but not what waits for a recovery")
    func releases() {
        let queue = DeliveryQueue(routeCount: 1)
        let later = Self.now + .seconds(60)
        queue.schedule(id(1), due: later, rank: MessageRank(.normal), .recovery)
        queue.releaseOneStranded()
        queue.releaseStranded()
        #expect(queue.location(of: id(1)) == .scheduled)
        queue.releaseAll()
        #expect(queue.location(of: id(1)) == .ready)
        queue.schedule(id(2), due: later, rank: MessageRank(.normal), .anyUpstream)
        queue.releaseOneStranded()
        #expect(queue.location(of: id(2)) == .ready)
        queue.schedule(id(3), due: later, rank: MessageRank(.normal), .time)
        queue.releaseAll()
        #expect(queue.location(of: id(3)) == .scheduled)
        #expect(queue.nextDue == later)
    }

    @Test("an operator can take a waiting message, but not one in progress, nor twice")
    func operators() {
        let queue = DeliveryQueue(routeCount: 2)
        queue.schedule(id(1), due: Self.now, rank: MessageRank(.normal))
        queue.add(id(2), rank: MessageRank(.bulk))
        for number in 3...Int64(DeliveryQueue.windowSize / 4 + 3) { _ = queue.place(job(number)) }
        let parked = id(Int64(DeliveryQueue.windowSize / 4 + 3))
        #expect(queue.location(of: parked) == .parked)
        let ranks = [MessageRank(.normal), MessageRank(.bulk), job(3).rank, job(3).rank]
        for (number, rank) in zip([id(1), id(2), id(3), parked], ranks) {
            #expect(queue.take(number) == .taken(rank))
            #expect(queue.location(of: number) == .changing)
            #expect(queue.take(number) == .busy)
            queue.giveBack(number)
            #expect(queue.location(of: number) == nil)
            // It waits for an operator only now.
            #expect(queue.take(number) == .taken(nil))
        }
        queue.handedOver(id(4))
        #expect(queue.take(id(4)) == .underWay)
        #expect(queue.place(job(900, only: [1])))
        #expect(queue.take(id(900)) == .underWay)
    }
}
