import Alerts
import Mail
import NIOCore
import Spool
import TestKit
import Testing

@testable import Delivery
@testable import Relay

@Suite("The queue, as alerts see it")
struct QueueGaugeTests {
    private static let start = Timestamp(milliseconds: 1_700_000_000_000)

    private func gauge(_ spool: FaultySpool, _ ages: MessageAges, now: Timestamp) -> QueueGauge {
        QueueGauge(
            statistics: { try await spool.statistics(at: now) },
            age: { ages.age(of: $0.id, receivedAt: $0.receivedAt, at: now) })
    }

    private func insert(
        _ number: Int64, at wall: Timestamp, _ state: Recipient.State, notice: NoticeKind? = nil,
        into spool: FaultySpool
    ) {
        var message = SpooledMessage(
            id: QueueID(rawValue: number), receivedAt: wall, sender: .null, body: .sevenBit, priority: .normal,
            messageID: "", origin: "", size: 1,
            recipients: [Recipient(address: Address(unchecked: "b@example.net"), state: state)])
        message.notice = notice
        spool.insert(message, content: ByteBuffer(string: "\r\n"))
    }

    /// Whether `queue_age` fires after half an hour.
    private func fires(_ facts: QueueFacts?) -> Bool {
        var rule = AlertRule(name: "old", kind: .queueAge)
        (rule.hold, rule.above) = (.zero, .duration(.seconds(1800)))
        var (machine, all) = (AlertMachine([rule]), AlertFacts())
        all.queue = facts
        return !machine.look(all, now: Self.start).isEmpty
    }

    @Test("the only old message is old while it is being tried, too")
    func attempt() async throws {
        let spool = FaultySpool()
        insert(11, at: Self.start, .queued, into: spool)
        let ages = MessageAges(lead: .zero, after: QueueID(rawValue: 10), now: Self.start)
        let gauge = gauge(spool, ages, now: Self.start + .seconds(3600))
        let before = try #require(await gauge.look())
        #expect(fires(before))
        let port = spool.openPort(arrivals: false) { _ in }
        let attempt = OpenAttempt(upstream: "ses", startedAt: Self.start, recipients: [0])
        spool.submit([.beginAttempt(QueueID(rawValue: 11), attempt)], from: port)
        let facts = try #require(await gauge.look())
        let statistics = try await spool.statistics(at: Self.start)
        #expect(statistics.byState == ["delivering": 1])
        #expect(fires(facts) && facts.oldest == .seconds(3600) && facts.messages == 1)
    }

    @Test("a step of the clock makes nothing old, and hides nothing that is", arguments: [1, -1])
    func step(sign: Int) async throws {
        let (spool, step) = (FaultySpool(), Duration.seconds(3600) * sign)
        var ages = MessageAges(lead: .zero, after: QueueID(rawValue: 10), now: Self.start)
        insert(11, at: Self.start, .deferred, into: spool)
        ages.stepped(to: step, after: QueueID(rawValue: 20), now: Self.start + .seconds(5))
        insert(21, at: Self.start + .seconds(6) + step, .queued, into: spool)
        let young = try #require(await gauge(spool, ages, now: Self.start + .seconds(60)).look())
        #expect(!fires(young) && young.oldest == .seconds(60))
        let old = try #require(await gauge(spool, ages, now: Self.start + .seconds(1900)).look())
        #expect(fires(old) && old.oldest == .seconds(1900))
    }

    @Test("held, scheduled and doubtful mail does not wait", arguments: [Recipient.State.held, .scheduled, .inDoubt])
    func others(state: Recipient.State) async throws {
        let spool = FaultySpool()
        insert(11, at: Self.start, state, into: spool)
        let ages = MessageAges(lead: .zero, after: QueueID(rawValue: 10), now: Self.start)
        let facts = try #require(await gauge(spool, ages, now: Self.start + .seconds(3600)).look())
        #expect(facts == QueueFacts(messages: 1, oldest: nil, inDoubt: state == .inDoubt ? 1 : 0))
    }

    @Test("the relay's own notices are in doubt without telling anybody")
    func doubtfulNotice() async throws {
        let spool = FaultySpool()
        insert(11, at: Self.start, .inDoubt, into: spool)
        insert(12, at: Self.start, .inDoubt, notice: .alert, into: spool)
        let ages = MessageAges(lead: .zero, after: QueueID(rawValue: 10), now: Self.start)
        let facts = try #require(await gauge(spool, ages, now: Self.start).look())
        #expect(facts.inDoubt == 1 && facts.messages == 2)
    }

    @Test("nobody knows while the spool does not answer")
    func silent() async {
        let gauge = QueueGauge(statistics: { throw SpoolError(.closed, "the spool is closed") }, age: { _ in .zero })
        #expect(await gauge.look() == nil)
    }
}
