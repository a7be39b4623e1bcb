import Mail
import Synchronization
import TestKit
import Testing

@testable import Spool

@Suite("What commits measure")
struct SpoolMeterTests {
    /// Every commit up to a minute, and above; a bucket for each number of operations.
    private static func meter() -> SpoolMeter {
        SpoolMeter(time: Histogram([60_000_000]), operations: Histogram(Array(0...5)))
    }

    private func ids(_ count: Int, of user: SpoolUser) -> [QueueID] {
        (0..<count).map { _ in user.spool.makeQueueID(at: Timestamp(milliseconds: 1)) }
    }

    @Test("each commit counts once, with the operations that share it")
    func commits() async throws {
        let meter = Self.meter()
        let user = try SpoolUser(TemporaryDirectory(), meter: meter)
        let ids = ids(4, of: user)
        #expect(await user.accept(.sample(ids[0], [1])) == nil)
        user.spool.submit(
            ids.dropFirst().enumerated().map { .accept(.sample($1, [2]), ticket: 100 + UInt64($0)) }, from: user.port)
        await user.barrier()
        #expect(meter.operations.reading == Histogram.Reading(counts: [0, 1, 0, 1, 0, 0, 0], sum: 4))
        #expect(meter.time.reading.counts == [2, 0])
        #expect(meter.time.reading.sum > 0)
        await user.spool.close()
    }

    @Test("attempts count as mail does")
    func attempts() async throws {
        let meter = Self.meter()
        let user = try SpoolUser(TemporaryDirectory(), meter: meter)
        let id = ids(1, of: user)[0]
        let new = NewMessage.sample(id, [1])
        #expect(await user.accept(new) == nil)
        let attempt = OpenAttempt(upstream: "ses", startedAt: Timestamp(milliseconds: 2), recipients: [0])
        #expect(await user.begin(id, attempt) == nil)
        #expect(meter.operations.reading == Histogram.Reading(counts: [0, 2, 0, 0, 0, 0, 0], sum: 2))
        await user.spool.close()
    }

    @Test("a commit that fails does not count")
    func failure() async throws {
        let meter = Self.meter()
        let failing = Switch()
        var tuning = SpoolTuning.quick
        tuning.commitFault = { failing.isOn.load(ordering: .relaxed) ? SpoolError(.inputOutput, "no") : nil }
        let user = try SpoolUser(TemporaryDirectory(), tuning: tuning, meter: meter)
        failing.isOn.store(true, ordering: .relaxed)
        #expect(await user.accept(.sample(ids(1, of: user)[0], [1, 2])) != nil)
        #expect(meter.operations.reading.count == 0)
        #expect(meter.time.reading.count == 0)
        await user.spool.close()
    }

    private final class Switch: Sendable {
        let isOn = Atomic<Bool>(false)
    }
}
