import Mail
import TestKit
import Testing

@testable import RoundTrips

/// A duration from a millisecond to a week, as likely to be short as to be long.
func someDuration(_ generator: inout SeededGenerator) -> Duration {
    let octave = Int.random(in: 0...29, using: &generator)
    return .milliseconds(Int.random(in: 0...(1 << octave), using: &generator))
}

func someFact(_ path: TripPath, at moment: Timestamp, _ generator: inout SeededGenerator) -> TripFact {
    let kind: TripFact.Kind
    switch Int.random(in: 0..<10, using: &generator) {
    case 0: kind = .missing
    case 1: kind = .failed
    case 2: kind = .unjudged
    case 3: kind = .excused
    case 4: kind = .returned
    case 5: kind = .doubled
    case 6: kind = .sent
    default:
        let accepted = moment
        let handed = accepted + someDuration(&generator)
        let took = handed + someDuration(&generator)
        let bounds = TripBounds(
            acceptedAt: accepted, handedOverAt: handed, tookAt: took, seenAt: took + someDuration(&generator))
        let times = TripTimes(HeaderTrace(), internalDate: nil, bounds, hostname: "relay")
        let folder = TripFolder.allCases.randomElement(using: &generator) ?? .inbox
        let results = AuthenticationResults.Result.allCases + [nil]
        let authentication = AuthenticationResults(
            spf: results.randomElement(using: &generator) ?? nil, dkim: results.randomElement(using: &generator) ?? nil)
        kind = .arrived(
            TripArrival(
                folder: folder, isLate: Bool.random(using: &generator), times: times, authentication: authentication))
    }
    return TripFact(path: path, sentAt: moment, kind: kind)
}

@Suite("Histograms of stages")
struct TripHistogramTests {
    @Test("percentiles are within the relative error", arguments: 0..<100 as Range<UInt64>)
    func percentiles(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var histogram = TripHistogram()
        let values = (0..<Int.random(in: 1...400, using: &generator)).map { _ in someDuration(&generator) }
        for value in values { histogram.add(value) }
        let sorted = values.sorted()
        for part in [0, 0.5, 0.95, 0.99, 1] {
            let right = sorted[max(0, Int((part * Double(values.count)).rounded(.up)) - 1)]
            let found = try #require(histogram.percentile(part))
            #expect(abs((found - right) / .milliseconds(1)) <= right / .milliseconds(1) / 16, "seed \(seed), \(part)")
        }
        #expect(histogram.count == values.count)
        #expect(histogram.max == sorted.last)
    }

    @Test("parts add up to the whole, in any order", arguments: 0..<50 as Range<UInt64>)
    func merging(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var whole = TripHistogram()
        var parts = [TripHistogram](repeating: TripHistogram(), count: 5)
        for _ in 0..<300 {
            let value = someDuration(&generator)
            whole.add(value)
            parts[Int.random(in: 0..<5, using: &generator)].add(value)
        }
        var sum = TripHistogram()
        for part in parts.shuffled(using: &generator) { sum.merge(part) }
        #expect(sum == whole, "seed \(seed)")
    }

    @Test("without values there is nothing, and values beyond the bounds count as these")
    func bounds() {
        var histogram = TripHistogram()
        #expect(histogram.percentile(0.5) == nil && histogram.mean == nil && histogram.max == nil)
        histogram.add(.seconds(-5))
        #expect(histogram.percentile(0.5) == .zero)
        histogram.add(.seconds(1 << 50))
        #expect(histogram.max == .milliseconds(TripHistogram.longest))
        #expect(histogram.percentile(1) != nil)
    }
}

@Suite("The history of round trips")
struct TripHistoryTests {
    let path = TripPath.sample()

    @Test("what is decoded is what was encoded", arguments: 0..<30 as Range<UInt64>)
    func encoding(seed: UInt64) throws {
        let history = someHistory(seed)
        let octets = history.encoded()
        #expect(try TripHistory(encoded: octets) == history, "seed \(seed)")
    }

    func someHistory(_ seed: UInt64) -> TripHistory {
        var generator = SeededGenerator(seed: seed)
        var history = TripHistory()
        for upstream in ["a", nil] {
            for _ in 0..<Int.random(in: 0...60, using: &generator) {
                let moment = Timestamp.sample - .seconds(Int.random(in: 0...400_000, using: &generator))
                history.record(someFact(.sample(upstream), at: moment, &generator), now: .sample)
            }
        }
        for _ in 0..<Int.random(in: 0...5, using: &generator) {
            history.record(
                TripChange.sample(TripVerdict.allCases.randomElement(using: &generator) ?? .ok, at: .sample))
        }
        return history
    }

    @Test("damaged input is refused", arguments: 0..<20 as Range<UInt64>)
    func damage(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let octets = someHistory(seed).encoded()
        for place in stride(from: 0, to: octets.count, by: max(1, octets.count / 100)) {
            var changed = octets
            changed[place] ^= 1 << UInt8.random(in: 0...7, using: &generator)
            #expect(throws: TripFileError.self, "seed \(seed), place \(place)") { try TripHistory(encoded: changed) }
            #expect(throws: TripFileError.self) { try TripHistory(encoded: Array(octets[..<place])) }
        }
        #expect(throws: TripFileError.self) { try TripHistory(encoded: octets + [0]) }
    }

    @Test(
        "a forged checksum does not help: anything is refused or read, and nothing traps",
        arguments: 0..<200 as Range<UInt64>)
    func forged(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var octets = Array(someHistory(seed % 20).encoded().dropLast(8))
        for _ in 0..<Int.random(in: 1...5, using: &generator) {
            octets[Int.random(in: 4..<octets.count, using: &generator)] = .random(in: 0...255, using: &generator)
        }
        let sum = octets.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
        octets += (0..<8).map { UInt8(truncatingIfNeeded: sum >> (8 * UInt64($0))) }
        guard let history = try? TripHistory(encoded: octets) else { return }
        for path in history.paths {
            for level in TripLevel.allCases {
                _ = history.rollups(path, level, from: .distantPast, until: Timestamp(milliseconds: .max))
            }
        }
        #expect((try? TripHistory(encoded: history.encoded())) == history, "seed \(seed)")
    }

    @Test("a later version is named")
    func version() {
        var octets = Array(TripHistory().encoded().dropLast(8))
        octets[4] = 3
        let sum = octets.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
        octets += (0..<8).map { UInt8(truncatingIfNeeded: sum >> (8 * UInt64($0))) }
        let error = #expect(throws: TripFileError.self) { try TripHistory(encoded: octets) }
        #expect(error?.code == .unknownVersion)
    }

    @Test("minutes, hours and days have the same sum", arguments: 0..<30 as Range<UInt64>)
    func levels(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var history = TripHistory()
        for _ in 0..<200 {
            let moment = Timestamp.sample - .seconds(Int.random(in: 0..<172_800, using: &generator))
            var fact = someFact(path, at: moment, &generator)
            // What is excused was counted before.
            if fact.kind == .excused { fact = TripFact(path: path, sentAt: moment, kind: .missing) }
            history.record(fact, now: .sample)
        }
        let sums = TripLevel.allCases.map { level in
            history.rollups(path, level, from: .distantPast, until: .sample).reduce(into: TripRollup()) {
                $0.merge($1.rollup)
            }
        }
        #expect(sums[0] == sums[1] && sums[1] == sums[2], "seed \(seed)")
    }

    @Test("a verdict that comes later corrects the minute of the probe")
    func correction() {
        var history = TripHistory()
        for kind in [TripFact.Kind.sent, .missing, .excused, .returned] {
            history.record(TripFact(path: path, sentAt: .sample, kind: kind), now: .sample + .seconds(4000))
        }
        let minutes = history.rollups(path, .minute, from: .sample, until: .sample + .seconds(60))
        #expect(minutes.map(\.start) == [.sample])
        #expect(minutes.first?.rollup[.missing] == 0)
        #expect(minutes.first?.rollup[.unjudged] == 1)
        #expect(minutes.first?.rollup[.returned] == 1)
        #expect(minutes.first?.rollup.availability == nil)
    }

    @Test("minutes are kept for 2 days, hours for 60 days, days for 10 years")
    func retention() {
        var history = TripHistory()
        history.record(TripFact(path: path, sentAt: .sample, kind: .sent), now: .sample)
        func kept(after seconds: Int) -> [Bool] {
            var later = history
            later.expire(now: .sample + .seconds(seconds))
            return TripLevel.allCases.map { level in
                !later.rollups(path, level, from: .distantPast, until: Timestamp(milliseconds: .max)).isEmpty
            }
        }
        let day = 86_400
        #expect(kept(after: day) == [true, true, true])
        #expect(kept(after: 3 * day) == [false, true, true])
        #expect(kept(after: 62 * day) == [false, false, true])
        #expect(kept(after: 3600 * day) == [false, false, true])
        #expect(kept(after: 3700 * day) == [false, false, false])
    }

    @Test("a quiet minute takes less than 200 octets: ten years of a path are a few megabytes")
    func size() {
        var generator = SeededGenerator(seed: 1)
        var history = TripHistory()
        for minute in 0..<29 { history.record(arrival(.sample - .seconds(60 * minute), &generator), now: .sample) }
        #expect(history.encoded().count / 29 < 200)
    }

    @Test("ten paths with a probe a minute take some 6.5 MB after three years")
    func years() {
        var generator = SeededGenerator(seed: 1)
        /// Octets of a roll-up with this many probes.
        func octets(_ probes: Int) -> Int {
            var total = TripRollup()
            for _ in 0..<probes {
                total.add(.sent)
                total.add(usual(&generator))
            }
            return total.octets.count + 2
        }
        let path = 2880 * octets(1) + 1440 * octets(60) + 1095 * octets(1440)
        #expect(path * 10 < 7_000_000)
    }

    /// With times as a provider's are.
    private func usual(_ generator: inout SeededGenerator) -> TripFact.Kind {
        let handed = Timestamp.sample + .milliseconds(Int.random(in: 1...20, using: &generator))
        let took = handed + .milliseconds(Int.random(in: 200...900, using: &generator))
        let slow = Int.random(in: 0..<20, using: &generator) == 0
        let arrived = took + .milliseconds(Int.random(in: 900...(slow ? 60_000 : 4000), using: &generator))
        let bounds = TripBounds(
            acceptedAt: .sample, handedOverAt: handed, tookAt: took,
            seenAt: arrived + .milliseconds(Int.random(in: 50...1500, using: &generator)))
        let times = TripTimes(HeaderTrace(), internalDate: arrived, bounds, hostname: "relay")
        return .arrived(
            TripArrival(
                folder: .inbox, isLate: false, times: times,
                authentication: AuthenticationResults(spf: .pass, dkim: .pass, dmarc: .pass)))
    }

    @Test("a histogram of a busy day takes a few hundred octets")
    func histogramSize() throws {
        var generator = SeededGenerator(seed: 1)
        var empty = TripHistory()
        empty.record(TripFact(path: path, sentAt: .sample, kind: .sent), now: .sample + .seconds(3 * 86_400))
        var history = TripHistory()
        // Old enough for hours and days alone.
        for _ in 0..<5000 { history.record(arrival(.sample, &generator), now: .sample + .seconds(61 * 86_400)) }
        let octets = history.encoded().count - empty.encoded().count
        #expect(octets < 5 * 500)
    }

    private func arrival(_ moment: Timestamp, _ generator: inout SeededGenerator) -> TripFact {
        while true {
            let fact = someFact(path, at: moment, &generator)
            if case .arrived = fact.kind { return fact }
        }
    }

    @Test("incidents begin and end with the verdicts")
    func incidents() {
        var history = TripHistory()
        history.record(.sample(.ok, at: .sample))
        history.record(.sample(.late, at: .sample + .seconds(10)))
        history.record(.sample(.missing, at: .sample + .seconds(20)))
        #expect(history.incidents.map(\.verdict) == [.late, .missing])
        #expect(history.incidents.map(\.ended) == [.sample + .seconds(20), nil])
        history.record(.sample(.ok, at: .sample + .seconds(30)))
        #expect(history.incidents.map(\.ended) == [.sample + .seconds(20), .sample + .seconds(30)])
    }

    @Test("the finest level that reaches back is used")
    func level() {
        #expect(TripHistory.level(reaching: .sample - .seconds(86_400), now: .sample) == .minute)
        #expect(TripHistory.level(reaching: .sample - .seconds(30 * 86_400), now: .sample) == .hour)
        #expect(TripHistory.level(reaching: .sample - .seconds(90 * 86_400), now: .sample) == .day)
    }
}
