import TestKit
import Testing
import Upstreams

@Suite("Probe schedule")
struct ProbeScheduleTests {
    typealias Health = ProbeTimer.Health

    let start = MonotonicInstant(nanoseconds: 7_000_000_000)

    private func schedule(_ count: Int = 1, interval: Duration = .seconds(30)) -> Probes {
        Probes(timers: Array(repeating: ProbeTimer(interval: interval, now: start), count: count))
    }

    /// The timers of some upstreams, and the schedule over them.
    private struct Probes {
        var timers: [ProbeTimer]
        var schedule = ProbeSchedule()

        func nextDue(_ health: (Int) -> Health) -> MonotonicInstant? { schedule.next(dues(health)) }

        mutating func begin(now: MonotonicInstant, health: (Int) -> Health) -> Int? {
            schedule.begin(now: now, dues(health))
        }

        mutating func ended(_ index: Int, now: MonotonicInstant, jitter: Double) {
            timers[index].ended(now: now, jitter: jitter)
            schedule.ended(index)
        }

        private func dues(_ health: (Int) -> Health) -> [MonotonicInstant?] {
            timers.indices.map { timers[$0].due(health($0)) }
        }
    }

    /// When the second probe is due, in seconds from the end of the first one.
    private func gap(_ health: Health, interval: Duration = .seconds(30), jitter: Double = 0) -> Duration? {
        var schedule = schedule(interval: interval)
        #expect(schedule.begin(now: start) { _ in .working(workedAt: nil) } == 0)
        let end = start + .seconds(2)
        schedule.ended(0, now: end, jitter: jitter)
        return schedule.nextDue { _ in health }.map { $0 - end }
    }

    @Test("the first one is due at once, in any state", arguments: [Health.working(workedAt: nil), .open])
    func first(health: Health) {
        var schedule = schedule()
        #expect(schedule.nextDue { _ in health } == start)
        #expect(schedule.begin(now: start) { _ in health } == 0)
    }

    @Test("after successful mail there is no hurry")
    func mailWasFirst() {
        let working = Health.working(workedAt: start + .seconds(1))
        #expect(schedule().nextDue { _ in working } == start + .seconds(31))
    }

    @Test(
        "the interval depends on the upstream's health",
        arguments: [
            (Health.working(workedAt: nil), 30), (.open, 10), (.doubtful, 3), (.accountFault, 300),
        ])
    func gaps(health: Health, seconds: Int) {
        #expect(gap(health) == .seconds(seconds))
    }

    @Test("the interval is at least a second, and varies by a tenth")
    func bounds() {
        #expect(gap(.doubtful, interval: .seconds(5)) == .seconds(1))
        #expect(gap(.open, interval: .seconds(2)) == .seconds(1))
        #expect(gap(.open, jitter: 1) == .seconds(11))
        #expect(gap(.open, jitter: -1) == .seconds(9))
    }

    @Test("each successful message postpones the next one")
    func trafficProves() {
        var schedule = schedule()
        _ = schedule.begin(now: start) { _ in .open }
        schedule.ended(0, now: start, jitter: 0)
        for second in stride(from: 10, to: 1000, by: 10) {
            let now = start + .seconds(second)
            #expect(schedule.begin(now: now) { _ in .working(workedAt: now + .seconds(-1)) } == nil)
        }
        #expect(schedule.nextDue { _ in .working(workedAt: start + .seconds(1000)) } == start + .seconds(1030))
    }

    @Test("none while disabled, and none at all with an interval of zero")
    func none() {
        var schedule = schedule()
        #expect(schedule.nextDue { _ in .disabled } == nil)
        #expect(schedule.begin(now: start + .seconds(99)) { _ in .disabled } == nil)
        #expect(self.schedule(interval: .zero).nextDue { _ in .open } == nil)
    }

    @Test("one at a time")
    func oneAtATime() {
        var schedule = schedule(2)
        #expect(schedule.begin(now: start) { _ in .open } == 0)
        #expect(schedule.nextDue { _ in .open } == nil)
        #expect(schedule.begin(now: start + .seconds(60)) { _ in .open } == nil)
        schedule.ended(0, now: start + .seconds(60), jitter: 0)
        #expect(schedule.begin(now: start + .seconds(60)) { _ in .open } == 1)
    }

    @Test("one started by somebody else postpones the next, and does not end the one in progress")
    func byHand() {
        var schedule = schedule(2)
        schedule.ended(0, now: start, jitter: 0)
        #expect(schedule.begin(now: start) { _ in .open } == 1)
        schedule.ended(0, now: start + .seconds(1), jitter: 0)
        #expect(schedule.begin(now: start + .seconds(60)) { _ in .open } == nil)
        schedule.ended(1, now: start + .seconds(60), jitter: 0)
        #expect(schedule.nextDue { _ in .open } == start + .seconds(11))
    }

    @Test("never two within a second, and upstreams take turns", arguments: 0..<20 as Range<UInt64>)
    func rateLimit(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let count = Int.random(in: 1...64, using: &generator)
        var schedule = schedule(count, interval: .seconds(5))
        var (now, last) = (start, MonotonicInstant?.none)
        var counts = Array(repeating: 0, count: count)
        while now < start + .seconds(300) {
            let due = schedule.nextDue { _ in .open }
            guard let index = schedule.begin(now: now, health: { _ in .open }) else {
                #expect(due.map { $0 > now } ?? false, "seed \(seed)")
                now = max(now, due ?? now)
                continue
            }
            if let last { #expect(now - last >= .seconds(1), "seed \(seed)") }
            last = now
            counts[index] += 1
            now = now + .milliseconds(Int.random(in: 0...1500, using: &generator))
            schedule.ended(index, now: now, jitter: Double.random(in: -1...1, using: &generator))
        }
        #expect((counts.max() ?? 0) - (counts.min() ?? 0) <= max(2, (counts.max() ?? 0) / 4), "seed \(seed)")
    }

    @Test("a circuit reports its health")
    func ofCircuit() {
        var circuit = Circuit.example()
        #expect(circuit.probeHealth == .working(workedAt: nil))
        _ = circuit.succeeded(now: start)
        #expect(circuit.probeHealth == .working(workedAt: start))
        _ = circuit.probeFailed(now: start, jitter: 0)
        #expect(circuit.probeHealth == .doubtful)
        _ = circuit.open(at: start)
        #expect(circuit.probeHealth == .open)
        _ = circuit.admit(now: start + .seconds(10))
        #expect(circuit.probeHealth == .open)
        _ = circuit.succeeded(now: start + .seconds(10), isTrial: true)
        #expect(circuit.probeHealth == .working(workedAt: start + .seconds(10)))
        _ = circuit.failed(now: start + .seconds(10), jitter: 0, .account)
        #expect(circuit.probeHealth == .accountFault)
    }
}
