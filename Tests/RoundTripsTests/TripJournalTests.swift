import Mail
import RoundTrips
import TestKit
import Testing

@Suite("The journal of round trips")
struct TripJournalTests {
    /// A history, and what has happened since, as journal and as history.
    private struct Scene {
        var before = TripHistory()
        var after = TripHistory()
        var journal: [UInt8] = []
        /// Where entries end.
        var ends: [Int] = []

        var file: [UInt8] { before.encoded() }

        init(seed: UInt64, entries: Int = 40) {
            var generator = SeededGenerator(seed: seed)
            for _ in 0..<10 { before.record(Self.fact(&generator), now: .sample) }
            (after, journal) = (before, TripJournal.opening(behind: before.encoded()))
            ends = [journal.count]
            for _ in 0..<entries {
                if Int.random(in: 0..<4, using: &generator) == 0 {
                    let verdict = TripVerdict.allCases.randomElement(using: &generator) ?? .ok
                    let change = TripChange.sample(verdict, at: .sample)
                    after.record(change)
                    journal += TripJournal.entry(change)
                } else {
                    let fact = Self.fact(&generator)
                    after.record(fact, now: .sample)
                    journal += TripJournal.entry(fact, now: .sample)
                }
                ends.append(journal.count)
            }
        }

        private static func fact(_ generator: inout SeededGenerator) -> TripFact {
            let moment = Timestamp.sample - .seconds(Int.random(in: 0...400_000, using: &generator))
            return someFact(.sample(Bool.random(using: &generator) ? "a" : nil), at: moment, &generator)
        }
    }

    @Test("brings a history to where it was", arguments: 0..<30 as Range<UInt64>)
    func replay(seed: UInt64) throws {
        let scene = Scene(seed: seed)
        var history = try TripHistory(encoded: scene.file)
        let reading = try TripJournal.replay(scene.journal, behind: scene.file, onto: &history)
        #expect(reading == TripJournal.Reading(entries: 40, length: scene.journal.count), "seed \(seed)")
        #expect(history == scene.after, "seed \(seed)")
    }

    @Test("cut anywhere, it has its whole entries, and says where they end")
    func cut() throws {
        let scene = Scene(seed: 1, entries: 12)
        for length in scene.ends[0]...scene.journal.count {
            var history = scene.before
            let reading = try TripJournal.replay(Array(scene.journal[..<length]), behind: scene.file, onto: &history)
            let end = scene.ends.last { $0 <= length } ?? 0
            #expect(reading?.length == end && reading?.entries == scene.ends.firstIndex(of: end), "\(length)")
        }
        for length in 0..<scene.ends[0] {
            var history = scene.before
            #expect(try TripJournal.replay(Array(scene.journal[..<length]), behind: scene.file, onto: &history) == nil)
            #expect(history == scene.before)
        }
    }

    @Test("zeros behind it, as a crash may leave them, are no entries")
    func zeros() throws {
        let scene = Scene(seed: 2)
        var history = scene.before
        let octets = scene.journal + [UInt8](repeating: 0, count: 4096)
        let reading = try TripJournal.replay(octets, behind: scene.file, onto: &history)
        #expect(reading?.length == scene.journal.count && history == scene.after)
    }

    @Test("what continues another history is not applied: nothing counts twice")
    func another() throws {
        let scene = Scene(seed: 3)
        var history = scene.after
        #expect(try TripJournal.replay(scene.journal, behind: scene.after.encoded(), onto: &history) == nil)
        #expect(try TripJournal.replay(scene.journal, behind: [], onto: &history) == nil)
        #expect(history == scene.after)
    }

    @Test("begins without a history, too")
    func first() throws {
        let fact = TripFact(path: .sample(), sentAt: .sample, kind: .sent)
        let octets = TripJournal.opening(behind: []) + TripJournal.entry(fact, now: .sample)
        var history = TripHistory()
        #expect(try TripJournal.replay(octets, behind: [], onto: &history)?.entries == 1)
        #expect(history.paths == [.sample()])
    }

    @Test("damage ends it, and nothing traps", arguments: 0..<100 as Range<UInt64>)
    func damage(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let scene = Scene(seed: seed % 10)
        var octets = scene.journal
        let place = Int.random(in: scene.ends[0]..<octets.count, using: &generator)
        octets[place] ^= 1 << UInt8.random(in: 0...7, using: &generator)
        var history = scene.before
        let reading = try TripJournal.replay(octets, behind: scene.file, onto: &history)
        #expect(reading?.length == scene.ends.last { $0 <= place }, "seed \(seed)")
    }

    @Test("what is no journal is damaged, and not taken for an old one")
    func none() {
        let error = #expect(throws: TripFileError.self) {
            var history = TripHistory()
            _ = try TripJournal.replay([UInt8](repeating: 0, count: 100), behind: [], onto: &history)
        }
        #expect(error?.code == .damaged)
    }

    @Test("a later version is named")
    func version() {
        var octets = TripJournal.opening(behind: [])
        octets[4] = 2
        let error = #expect(throws: TripFileError.self) {
            var history = TripHistory()
            _ = try TripJournal.replay(octets, behind: [], onto: &history)
        }
        #expect(error?.code == .unknownVersion)
    }

    @Test("an entry takes some 90 octets; a megabyte of them is enough, or a quarter of the history")
    func size() {
        let scene = Scene(seed: 4, entries: 200)
        #expect(scene.journal.count / 200 < 100)
        #expect(!TripJournal.isFull(1 << 20, history: 0) && TripJournal.isFull(1 << 20 + 1, history: 4 << 20))
        #expect(!TripJournal.isFull(2 << 20, history: 9 << 20))
    }

    @Test("troubled are the paths whose incident lasts")
    func troubled() {
        var history = TripHistory()
        history.record(.sample(.missing, at: .sample))
        #expect(history.troubled == [.sample()])
        history.record(.sample(.ok, at: .sample))
        #expect(history.troubled == [])
    }
}
