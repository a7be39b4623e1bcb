import Mail
import RoundTrips
import TestKit
import Testing

@Suite("Times of a round trip")
struct TripTimesTests {
    let start = Timestamp.sample

    func at(_ seconds: Double) -> Timestamp { start.advanced(byMilliseconds: Int64(seconds * 1000)) }

    func bounds(took: Double = 2, absent: Double? = nil, seen: Double = 60) -> TripBounds {
        TripBounds(
            acceptedAt: start, handedOverAt: at(1), tookAt: at(took), absentAt: absent.map(at), seenAt: at(seen))
    }

    func times(_ stamps: [Double], arrived: Double?, _ bounds: TripBounds, own: Bool = true) -> TripTimes {
        let first = own ? [ReceivedHop(by: "relay.example.com", stampedAt: start)] : []
        let hops = stamps.map { ReceivedHop(by: "mx", stampedAt: at($0)) }
        return TripTimes(
            HeaderTrace(hops: first + hops), internalDate: arrived.map(at), bounds, hostname: "Relay.example.com")
    }

    @Test("right clocks have no skew")
    func right() {
        let times = times([1, 5, 9], arrived: 10, bounds())
        #expect(times.hops.map(\.skew) == [.zero, .zero, .zero])
        #expect(times.hops.map(\.since) == [.zero, .seconds(4), .seconds(4)])
        #expect(times.arrivedAt == at(10))
        #expect(times.mailboxSkew == .zero)
        #expect(times.stages[.queue] == .seconds(1))
        #expect(times.stages[.handover] == .seconds(1))
        #expect(times.stages[.transit] == .seconds(8))
        #expect(times.stages[.lookup] == .seconds(50))
        #expect(times.stages[.total] == .seconds(10))
    }

    @Test("the upstream's own hop lies between hand-over and 250, so its clock is known best")
    func upstreamSkew() {
        #expect(times([30], arrived: 20, bounds()).hops.map(\.skew) == [.seconds(28)])
        #expect(times([30], arrived: 20, bounds()).arrivedAt == at(20))
        #expect(times([-100], arrived: 20, bounds()).hops.map(\.skew) == [.milliseconds(-100_001)])
    }

    @Test("a fast clock in the middle is found out")
    func middle() {
        let times = times([2, 40, 5, 6], arrived: 7, bounds())
        #expect(times.hops.map(\.skew) == [.zero, .seconds(35), .zero, .zero])
        #expect(times.arrivedAt == at(7))
    }

    @Test("the mailbox's clock is held between the last look without it and the sight")
    func mailbox() {
        #expect(times([2], arrived: -3600, bounds(absent: 50)).arrivedAt == at(50))
        #expect(times([2], arrived: -3600, bounds(absent: 50)).mailboxSkew == .milliseconds(-3_649_001))
        #expect(times([2], arrived: 3600, bounds(absent: 50)).arrivedAt == at(60))
        #expect(times([2], arrived: 3600, bounds(absent: 50)).mailboxSkew == .seconds(3540))
    }

    @Test("without INTERNALDATE the last hop is the arrival, and without any hop the sight")
    func pop3() {
        #expect(times([2, 9], arrived: nil, bounds()).arrivedAt == at(9))
        #expect(times([2, 9], arrived: nil, bounds()).mailboxSkew == nil)
        #expect(times([], arrived: nil, bounds()).arrivedAt == at(60))
    }

    @Test("no stage is negative, no time goes back, none leaves its bounds", arguments: 0..<500 as Range<UInt64>)
    func always(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        func some() -> Double { Double(Int.random(in: -100_000...200_000, using: &generator)) / 1000 }
        let bounds = TripBounds(
            acceptedAt: start, handedOverAt: at(some()), tookAt: at(some()),
            absentAt: Bool.random(using: &generator) ? at(some()) : nil, seenAt: at(some()))
        let hops = (0..<Int.random(in: 0...12, using: &generator)).map { _ in
            ReceivedHop(
                by: Int.random(in: 0..<8, using: &generator) == 0 ? "relay" : "mx",
                stampedAt: Int.random(in: 0..<5, using: &generator) == 0 ? nil : at(some()))
        }
        let internalDate = Bool.random(using: &generator) ? at(some()) : nil
        let times = TripTimes(HeaderTrace(hops: hops), internalDate: internalDate, bounds, hostname: "relay")
        #expect(times.stages.count == TripStage.allCases.count)
        #expect(times.stages.values.allSatisfy { $0 >= .zero }, "seed \(seed)")
        #expect(times.hops.allSatisfy { ($0.since ?? .zero) >= .zero }, "seed \(seed)")
        let moments = times.hops.compactMap(\.at) + [times.arrivedAt]
        #expect(moments == moments.sorted(), "seed \(seed)")
        #expect(moments.allSatisfy { bounds.handedOverAt...bounds.seenAt ~= $0 }, "seed \(seed)")
    }

    @Test("one wrong clock among right ones does not move the others", arguments: 0..<200 as Range<UInt64>)
    func oneWrong(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var stamps = [2.0, 5, 9, 14, 20]
        let wrong = Int.random(in: 1...4, using: &generator)
        let skew = Double(Int.random(in: 2...500, using: &generator)) * (Bool.random(using: &generator) ? 1 : -1)
        stamps[wrong] += skew
        let times = times(stamps, arrived: 25, bounds(absent: 24, seen: 26))
        for (index, hop) in times.hops.enumerated() where index != wrong && abs(index - wrong) > 1 {
            #expect(hop.skew == .zero, "seed \(seed), hop \(index)")
        }
        #expect(times.arrivedAt == at(25), "seed \(seed)")
    }
}
