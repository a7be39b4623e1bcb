import Mail
import RoundTrips
import TestKit
import Testing

@Suite("When probes go")
struct TripScheduleTests {
    let start = Timestamp(milliseconds: 0)

    func paths(_ upstreams: Int, every: Duration, trip: String = "a") -> [(path: TripPath, every: Duration)] {
        (0..<upstreams).map { (TripPath(trip: trip, upstream: "u\($0)", mailbox: "m@example.net"), every) }
    }

    /// Begins probes as they become due, and ends each after a while.
    func run(
        _ schedule: inout TripSchedule, from start: Timestamp, for length: Duration, lasting: Duration,
        _ generator: inout SeededGenerator
    ) -> [(path: TripPath, at: Timestamp)] {
        var (now, began, ends) = (start, [(path: TripPath, at: Timestamp)](), [(path: TripPath, at: Timestamp)]())
        while now < start + length {
            while let end = ends.first, end.at <= now {
                schedule.ended(end.path)
                ends.removeFirst()
            }
            if let path = schedule.begin(now: now, jitter: .random(in: -1...1, using: &generator)) {
                began.append((path, now))
                ends.append((path, now + lasting))
                continue
            }
            let times = [schedule.next(now: now), ends.first?.at, start + length].compactMap { $0 }
            now = max(now.advanced(byMilliseconds: 1), times.min() ?? now)
        }
        return began
    }

    @Test("each path has a probe in every interval, with jitter", arguments: 0..<40 as Range<UInt64>)
    func intervals(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let every = Duration.seconds(Int.random(in: 1...600, using: &generator))
        let count = Int.random(in: 1...20, using: &generator)
        var schedule = TripSchedule()
        schedule.replace(paths(count, every: every), now: start)
        let began = run(&schedule, from: start, for: every * 30, lasting: every / 2, &generator)
        for (path, times) in Dictionary(grouping: began, by: \.path) {
            #expect(times[0].at - start <= every, "seed \(seed)")
            // The first one is ahead of the grid.
            for (one, next) in zip(times.dropFirst(), times.dropFirst(2)) {
                #expect(next.at - one.at >= every * 0.799 - .milliseconds(2), "seed \(seed), \(path)")
                #expect(next.at - one.at <= every + .milliseconds(2), "seed \(seed), \(path)")
            }
        }
        #expect(Set(began.map(\.path)).count == count, "seed \(seed)")
    }

    @Test("paths are staggered: no tenth of an interval has more than its share", arguments: 0..<20 as Range<UInt64>)
    func stagger(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var schedule = TripSchedule()
        schedule.replace(paths(10, every: .seconds(60)) + paths(10, every: .seconds(60), trip: "b"), now: start)
        let began = run(&schedule, from: start, for: .seconds(1200), lasting: .seconds(1), &generator)
        let tenths = Dictionary(grouping: began) { $0.at.milliseconds / 5_400 }
        #expect(tenths.filter { $0.key > 10 }.values.allSatisfy { $0.count <= 6 }, "seed \(seed)")
    }

    @Test("no burst after a restart, nor after a sleep", arguments: [nil, 10, 100_000] as [Int?])
    func restart(secondsAgo: Int?) {
        var generator = SeededGenerator(seed: 1)
        var schedule = TripSchedule()
        let paths = paths(20, every: .seconds(60))
        let last = secondsAgo.map { ago in
            Dictionary(uniqueKeysWithValues: paths.map { ($0.path, start - .seconds(ago)) })
        }
        schedule.replace(paths, lastSent: last ?? [:], now: start)
        check(run(&schedule, from: start, for: .seconds(600), lasting: .seconds(1), &generator))
        check(run(&schedule, from: start + .seconds(90_000), for: .seconds(600), lasting: .seconds(1), &generator))
    }

    /// Twenty paths a minute are one in three seconds.
    private func check(_ began: [(path: TripPath, at: Timestamp)]) {
        let perTen = Dictionary(grouping: began) { $0.at.milliseconds / 10_000 }
        #expect(perTen.values.allSatisfy { $0.count <= 9 })
        #expect(began.count >= 180)
    }

    @Test("nothing under way grows without bound", arguments: 0..<20 as Range<UInt64>)
    func bounded(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var limits = TripSchedule.Limits()
        limits.perPath = Int.random(in: 1...5, using: &generator)
        limits.total = Int.random(in: 1...20, using: &generator)
        var schedule = TripSchedule(limits: limits)
        schedule.replace(paths(8, every: .seconds(10)), now: start)
        var underWay: [TripPath: Int] = [:]
        var now = start
        for _ in 0..<2000 {
            now = now + .milliseconds(Int.random(in: 0...5000, using: &generator))
            if let path = schedule.begin(now: now, jitter: 0) { underWay[path, default: 0] += 1 }
            if Int.random(in: 0..<3, using: &generator) == 0, let path = underWay.keys.randomElement(using: &generator)
            {
                schedule.ended(path)
                underWay[path] = underWay[path] == 1 ? nil : underWay[path]! - 1
            }
            #expect(underWay.values.allSatisfy { $0 <= limits.perPath }, "seed \(seed)")
            #expect(underWay.values.reduce(0, +) <= limits.total, "seed \(seed)")
        }
    }

    @Test("a path at its limit holds up no other, and goes on without making up")
    func limit() {
        var limits = TripSchedule.Limits()
        limits.perPath = 1
        var schedule = TripSchedule(limits: limits)
        schedule.replace(paths(2, every: .seconds(10)), now: start)
        let first = schedule.begin(now: start, jitter: 0)
        let second = schedule.begin(now: start + .seconds(5), jitter: 0)
        #expect(first != second && second != nil)
        let none = schedule.next(now: start + .seconds(100))
        #expect(none == nil)
        schedule.ended(first!)
        let next = schedule.next(now: start + .seconds(100))!
        #expect(next > start + .seconds(99) && next < start + .seconds(109))
        let third = schedule.begin(now: next, jitter: 0)
        #expect(third == first)
    }

    @Test("an operator's probe goes at once, and leaves the grid as it is")
    func request() {
        var schedule = TripSchedule()
        let all = paths(2, every: .seconds(60))
        schedule.replace(all, now: start)
        _ = schedule.begin(now: start, jitter: 0)
        let before = schedule.next(now: start + .seconds(1))!
        let isKnown = schedule.request(all[0].path)
        let path = schedule.begin(now: start + .seconds(1), jitter: 0)
        #expect(isKnown && path == all[0].path)
        let after = schedule.next(now: start + .seconds(1))
        #expect(after == before)
        let isOther = schedule.request(.sample())
        #expect(!isOther)
    }

    @Test("a reload keeps the grid of what stays")
    func reload() {
        var schedule = TripSchedule()
        schedule.replace(paths(3, every: .seconds(60)), now: start)
        _ = schedule.begin(now: start, jitter: 0)
        let next = schedule.next(now: start)
        schedule.replace(paths(2, every: .seconds(60)), now: start + .seconds(3))
        let same = schedule.next(now: start + .seconds(3))
        #expect(same == next)
        schedule.replace([], now: start + .seconds(4))
        let none = schedule.next(now: start + .seconds(4))
        #expect(none == nil)
    }
}
