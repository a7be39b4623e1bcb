import Mail
import Spool
import Testing

@testable import Delivery

@Suite("When mail is tried again")
struct RetryPlanTests {
    private static let start = Timestamp(milliseconds: 1_000_000)

    private static let plan: RetryPlan = {
        var settings = DeliverySettings()
        settings.retry.jitter = 0
        settings.retry.initial = .seconds(10)
        settings.retry.max = .seconds(40)
        settings.retry.expireAfter = .seconds(1000)
        settings.retry.warnAfter = .seconds(100)
        settings.retry.high.initial = .seconds(1)
        settings.retry.high.expireAfter = .seconds(500)
        settings.retry.high.warnAfter = .zero
        settings.retry.bulk.factor = 3
        settings.retry.bulk.max = .seconds(400)
        return RetryPlan(settings)
    }()

    private let ages = MessageAges(lead: .zero, after: QueueID(rawValue: 0), now: Self.start)

    private func message(_ priority: Priority, releaseAt: Timestamp? = nil) -> SpooledMessage {
        var message = SpooledMessage(
            id: QueueID(rawValue: 1), receivedAt: Self.start, sender: ReversePath(address: nil), body: .sevenBit,
            priority: priority, messageID: "<m@x>", origin: "test", size: 1,
            recipients: [Recipient(address: Address(unchecked: "a@x"))])
        message.releaseAt = releaseAt
        return message
    }

    @Test(
        "each priority has its own waits, and what it leaves out from [retry]",
        arguments: [
            (Priority.high, [1, 2, 4, 8, 16, 32, 40, 40]), (.normal, [10, 20, 40, 40]),
            (.bulk, [10, 30, 90, 270, 400]),
        ])
    func delays(priority: Priority, expected: [Int]) {
        let delays = expected.indices.map { Self.plan.delay(afterCycles: $0 + 1, of: priority, random: 0) }
        #expect(delays == expected.map { .seconds($0) })
        #expect(Self.plan.longestDelay(of: priority) == .seconds(expected.last!))
    }

    @Test(
        "each priority expires, and is late, in its own time, to the millisecond",
        arguments: [(Priority.high, 500, nil), (.normal, 1000, 100), (.bulk, 1000, 100)] as [(Priority, Int, Int?)])
    func ends(priority: Priority, expires: Int, late: Int?) {
        let message = message(priority)
        let before = Duration.milliseconds(-1)
        #expect(!Self.plan.isExpired(message, ages: ages, at: Self.start + .seconds(expires) + before))
        #expect(Self.plan.isExpired(message, ages: ages, at: Self.start + .seconds(expires)))
        guard let late else {
            return #expect(!Self.plan.isLate(message, ages: ages, at: Self.start + .seconds(100_000)))
        }
        #expect(!Self.plan.isLate(message, ages: ages, at: Self.start + .seconds(late) + before))
        #expect(Self.plan.isLate(message, ages: ages, at: Self.start + .seconds(late)))
    }

    @Test("scheduled mail ages from its release")
    func scheduled() {
        let message = message(.normal, releaseAt: Self.start + .seconds(5000))
        #expect(!Self.plan.isExpired(message, ages: ages, at: Self.start + .seconds(5999)))
        #expect(Self.plan.isExpired(message, ages: ages, at: Self.start + .seconds(6000)))
        #expect(!Self.plan.isLate(message, ages: ages, at: Self.start + .seconds(5099)))
        #expect(Self.plan.isLate(message, ages: ages, at: Self.start + .seconds(5100)))
    }

    @Test("a time that a clock has spoilt is put right, and one that the sender asked for is not")
    func corrections() {
        var late = message(.normal)
        late.recipients[0].markDeferred(until: Self.start + .seconds(41))
        #expect(Self.plan.corrected(late, at: Self.start)?.recipients[0].nextAttemptAt == Self.start)
        late.recipients[0].markScheduled(until: Self.start + .seconds(1_000_000))
        #expect(Self.plan.corrected(late, at: Self.start) == nil)
    }
}
