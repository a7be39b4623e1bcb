import Mail
import RoundTrips
import TestKit
import Testing

@Suite("Verdicts")
struct TripLedgerTests {
    static let settings = TripSettings(
        every: .seconds(60), lateAfter: .seconds(30), missingAfter: .seconds(120), action: .open)

    func world(
        _ seed: UInt64 = 1, upstreams: [String?] = ["a", "b"], mailboxes: [String] = ["m@example.net"],
        _ settings: TripSettings = settings
    ) -> TripWorld {
        var world = TripWorld(seed: seed)
        world.configure(upstreams, mailboxes: mailboxes, settings)
        return world
    }

    @Test("there is no verdict before the first probe, and ok behind it")
    func first() {
        var world = world()
        #expect(world.verdicts().isEmpty)
        world.run(for: .seconds(120))
        #expect(world.verdicts() == ["a": .ok, "b": .ok])
        #expect(world.ledger.standings.allSatisfy { $0.lastTotal == .milliseconds(2100) })
    }

    @Test("no alarm from one lost probe", arguments: 0..<40 as Range<UInt64>)
    func oneLost(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let count = Int.random(in: 1...4, using: &generator)
        var world = world(seed, upstreams: (0..<count).map { "u\($0)" }, mailboxes: ["a@example.net", "b@example.net"])
        var last: Set<TripPath> = []
        world.fate = { path, _, generator in
            // Never two in a row.
            if last.remove(path) == nil, Int.random(in: 0..<3, using: &generator) == 0 {
                last.insert(path)
                return .lost
            }
            return .delivered(after: .milliseconds(Int.random(in: 100...20_000, using: &generator)))
        }
        world.run(for: .seconds(3600))
        #expect(world.changes.allSatisfy { $0.to == .ok }, "seed \(seed)")
        #expect(world.blames.isEmpty && world.mailboxChanges.isEmpty, "seed \(seed)")
        #expect(world.count { $0 == .missing } > 10, "seed \(seed)")
    }

    @Test(
        "an upstream that says 250 and delivers nothing is found and left in time", arguments: 0..<40 as Range<UInt64>)
    func dropping(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var settings = Self.settings
        settings.every = .seconds(Int.random(in: 5...300, using: &generator))
        settings.missingAfter = settings.every + .seconds(Int.random(in: 5...600, using: &generator))
        settings.missingThreshold = Int.random(in: 1...4, using: &generator)
        var world = world(
            seed, upstreams: ["a", "b", "c"].dropLast(Int.random(in: 0...1, using: &generator)), settings)
        let onset = Timestamp(milliseconds: 0) + settings.every * Double.random(in: 3...5, using: &generator)
        let end = onset + settings.every * 10 + settings.missingAfter
        world.fate = { path, now, _ in
            path.upstream == "a" && now > onset && now < end ? .lost : .delivered(after: .seconds(2))
        }
        world.run(for: end - Timestamp(milliseconds: 0))
        let found = try #require(world.blamedAt["a"], "seed \(seed) \(settings) \(world.verdicts()) \(world.changes)")
        #expect(found - onset <= settings.missingAfter + settings.every * settings.missingThreshold, "seed \(seed)")
        #expect(world.blames.map(\.upstream) == ["a"], "seed \(seed)")
        #expect(world.blames.first?.action == .open)
        #expect(world.verdicts()["a"] == .missing)
        #expect(world.verdicts()["b"] == .ok)
        world.run(for: settings.every * (settings.missingThreshold + 2))
        #expect(world.acquitted == ["a"], "seed \(seed)")
        #expect(world.verdicts()["a"] == .ok)
        #expect(world.ledger.blamed.isEmpty)
    }

    @Test("a mailbox that is down blames no upstream", arguments: 0..<60 as Range<UInt64>)
    func mailboxDown(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var settings = Self.settings
        settings.missingAfter = .seconds(Int.random(in: 31...300, using: &generator))
        settings.missingThreshold = Int.random(in: 2...3, using: &generator)
        let count = Int.random(in: 2...5, using: &generator)
        var world = world(seed, upstreams: (0..<count).map { "u\($0)" }, settings)
        // Never shorter than `every`, so that each upstream loses something.
        var (time, downs) = (300.0, [ClosedRange<Double>]())
        while time < 7200 {
            let end = time + .random(in: 62...600, using: &generator)
            downs.append(time...end)
            time = end + .random(in: 1...900, using: &generator)
        }
        world.fate = { [downs] _, now, generator in
            let seconds = Double(now.milliseconds) / 1000
            return downs.contains { $0.contains(seconds) }
                ? .lost : .delivered(after: .milliseconds(Int.random(in: 100...5000, using: &generator)))
        }
        world.run(for: .seconds(7200))
        #expect(world.blames.isEmpty, "seed \(seed)")
        #expect(world.changes.allSatisfy { $0.to != .missing }, "seed \(seed)")
        #expect(world.count { $0 == .missing || $0 == .unjudged } > 0)
    }

    @Test("a mailbox that is slow, and loses nothing, blames nobody", arguments: 0..<20 as Range<UInt64>)
    func mailboxSlow(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var world = world(seed, upstreams: ["a", "b", "c"])
        let downs = (1...5).map { number in
            let start = number * 1_200_000 + Int.random(in: 0...300_000, using: &generator)
            return Int64(start)...Int64(start + Int.random(in: 60_000...600_000, using: &generator))
        }
        world.fate = { _, now, _ in
            let down = downs.first { $0.contains(now.milliseconds) }
            return .delivered(after: .milliseconds((down?.upperBound ?? now.milliseconds) - now.milliseconds + 1000))
        }
        world.run(for: .seconds(9000))
        #expect(world.blames.isEmpty, "seed \(seed)")
        #expect(world.changes.allSatisfy { $0.to != .missing }, "seed \(seed)")
        #expect(world.verdicts() == ["a": .ok, "b": .ok, "c": .ok], "seed \(seed)")
    }

    @Test(
        "what goes as routed is a witness for the mailbox, unless it goes through the same upstream",
        arguments: ["a", "b"])
    func asRouted(upstream: String) {
        var world = world(upstreams: ["a", nil])
        world.routedBy = upstream
        world.fate = { path, now, _ in
            let isA = path.upstream == "a" || path.upstream == nil && upstream == "a"
            return isA && now.milliseconds > 600_000 ? .lost : .delivered(after: .seconds(1))
        }
        world.run(for: .seconds(1800))
        #expect(world.blames.map(\.upstream) == (upstream == "a" ? [] : ["a"]))
        #expect(world.verdicts() == (upstream == "a" ? ["a": .missing, "": .missing] : ["a": .missing, "": .ok]))
        #expect(world.mailboxChanges.isEmpty)
    }

    @Test("all upstreams missing in one mailbox is the mailbox, told once")
    func silent() {
        var world = world(upstreams: ["a", "b", "c"])
        world.fate = { _, now, _ in
            now.milliseconds > 600_000 && now.milliseconds < 1_500_000 ? .lost : .delivered(after: .seconds(1))
        }
        world.run(for: .seconds(1200))
        #expect(world.verdicts() == ["a": .mailboxUnreachable, "b": .mailboxUnreachable, "c": .mailboxUnreachable])
        #expect(world.mailboxChanges.map(\.isFaulty) == [true])
        world.run(for: .seconds(600))
        #expect(world.verdicts() == ["a": .ok, "b": .ok, "c": .ok])
        #expect(world.mailboxChanges.map(\.isFaulty) == [true, false])
        #expect(world.blames.isEmpty)
        // What was counted as missing before it was clear has been excused.
        #expect(world.count { $0 == .missing } == world.count { $0 == .excused })
        #expect(world.count { $0 == .unjudged } > 0)
    }

    @Test("a mailbox that cannot be looked into loses nothing, and is told once")
    func unreachable() {
        var world = world()
        world.isReachable = { _, now in now.milliseconds < 600_000 || now.milliseconds > 3_000_000 }
        world.run(for: .seconds(1800))
        #expect(world.verdicts() == ["a": .mailboxUnreachable, "b": .mailboxUnreachable])
        #expect(world.mailboxChanges.map(\.isFaulty) == [true])
        world.run(for: .seconds(1800))
        #expect(world.verdicts() == ["a": .ok, "b": .ok])
        #expect(world.count { $0 == .missing } == 0)
        #expect(world.blames.isEmpty)
        #expect(world.findings.allSatisfy { $0 == .arrived(isLate: false) })
        #expect(world.mailboxChanges.map(\.isFaulty) == [true, false])
    }

    @Test("a wrong password is told at once")
    func password() {
        var world = world()
        world.run(for: .seconds(120))
        world.carryOut(
            world.ledger.lookFailed("m@example.net", cause: "LOGIN refused", isLasting: true, now: world.moment))
        #expect(world.changes.suffix(2).allSatisfy { $0.to == .mailboxUnreachable && $0.cause == "LOGIN refused" })
        #expect(world.mailboxChanges.count == 1)
    }

    @Test("an upstream that is alone in one mailbox is missing, and nothing is done to it")
    func alone() {
        var world = world(upstreams: ["a"])
        world.fate = { _, now, _ in now.milliseconds > 600_000 ? .lost : .delivered(after: .seconds(1)) }
        world.run(for: .seconds(3600))
        #expect(world.verdicts() == ["a": .missing])
        #expect(world.blames.isEmpty && world.mailboxChanges.isEmpty)
    }

    @Test("an upstream missing in several mailboxes is the upstream")
    func several() {
        var world = world(upstreams: ["a"], mailboxes: ["m@example.net", "n@example.net"])
        world.fate = { _, now, _ in now.milliseconds > 600_000 ? .lost : .delivered(after: .seconds(1)) }
        world.run(for: .seconds(3600))
        #expect(world.blames.map(\.upstream) == ["a"])
        #expect(world.ledger.blamed.first?.paths.count == 2)
    }

    @Test("an upstream that is ten minutes late is late, and nothing is done to it")
    func late() {
        var settings = Self.settings
        settings.missingAfter = .seconds(1800)
        var world = world(1, settings)
        world.fate = { path, now, _ in
            .delivered(after: path.upstream == "a" && now.milliseconds > 600_000 ? .seconds(600) : .seconds(1))
        }
        world.run(for: .seconds(600 + 180))
        #expect(world.verdicts() == ["a": .late, "b": .ok])
        world.run(for: .seconds(3600))
        #expect(world.verdicts() == ["a": .late, "b": .ok])
        #expect(world.blames.isEmpty)
        #expect(world.findings.contains(.arrived(isLate: true)))
    }

    @Test("an upstream that refuses probes has failed, but not by the first one")
    func failing() {
        var world = world()
        var refused = 0
        world.fate = { path, now, _ in
            guard path.upstream == "a", now.milliseconds > 600_000, now.milliseconds < 900_000 else {
                return .delivered(after: .seconds(1))
            }
            refused += 1
            return .refused
        }
        world.run(for: .seconds(850))
        #expect(world.verdicts() == ["a": .upstreamFailed, "b": .ok])
        #expect(world.changes.last?.cause == "2 probes in a row were not taken: 550 no")
        world.run(for: .seconds(300))
        #expect(world.verdicts() == ["a": .ok, "b": .ok])
    }

    @Test("late and doubled arrivals are counted after the verdict", arguments: 0..<20 as Range<UInt64>)
    func afterwards(seed: UInt64) {
        var world = world(seed)
        var (doubled, returned) = (0, 0)
        world.fate = { _, _, generator in
            switch Int.random(in: 0..<3, using: &generator) {
            case 0: return .delivered(after: .seconds(1))
            case 1:
                doubled += 1
                return .twice(.seconds(1), .seconds(Int.random(in: 2...1000, using: &generator)))
            default:
                returned += 1
                return .delivered(after: .seconds(Int.random(in: 125...1000, using: &generator)))
            }
        }
        world.run(for: .seconds(7200))
        world.fate = { _, _, _ in .delivered(after: .seconds(1)) }
        world.run(for: .seconds(1200))
        #expect(world.count { $0 == .doubled } == doubled, "seed \(seed)")
        #expect(world.count { $0 == .returned } == returned, "seed \(seed)")
        #expect(world.count { $0 == .missing || $0 == .unjudged } == returned, "seed \(seed)")
    }

    @Test("nothing under way grows without bound", arguments: 0..<2 as Range<UInt64>)
    func bounded(seed: UInt64) {
        var settings = Self.settings
        settings.every = .seconds(1)
        settings.missingAfter = .seconds(40 * 86_400)
        var world = world(seed, settings)
        world.isReachable = { _, now in seed % 2 == 0 || now.milliseconds < 600_000 }
        world.fate = { _, _, _ in .lost }
        world.run(for: .seconds(1500))
        #expect(world.mostUnderWay <= 2 * 1024, "seed \(seed)")
        #expect(world.sent == world.mostUnderWay, "seed \(seed)")
        #expect(world.count { $0 == .sent } == world.sent)
    }

    @Test("a restart keeps what is under way")
    func restart() throws {
        var world = world()
        world.fate = { _, _, _ in .delivered(after: .seconds(20)) }
        world.run(for: .seconds(610))
        let records = world.ledger.records(now: world.moment)
        #expect(!records.isEmpty)
        world.ledger = TripLedger(hostname: "relay.example.com")
        world.configure(["a", "b"], Self.settings)
        let octets = TripMemory(probes: records).octets
        let read = try TripMemory(octets: octets).probes
        #expect(read == records)
        for place in octets.indices {
            var changed = octets
            changed[place] ^= 1
            #expect(throws: TripFileError.self) { try TripMemory(octets: changed) }
        }
        world.ledger.restore(read, now: world.moment)
        #expect(world.ledger.records(now: world.moment) == records)
        world.run(for: .seconds(600))
        #expect(world.findings.allSatisfy { $0 == .arrived(isLate: false) })
    }

    @Test("whose copy it is: another mailbox's is left alone, the same copy counts once")
    func copies() throws {
        var world = world()
        let path = TripPath(trip: "m@example.net", upstream: "a", mailbox: "m@example.net")
        let begun = world.ledger.begin(path, now: world.moment)
        let token = try #require(begun).token
        _ = world.ledger.took(token.number, by: "a", now: world.moment)
        var sighting = TripSighting(token: token, mailbox: "n@example.net", place: "1", folder: .junk)
        func find(_ sighting: TripSighting) -> TripFinding { world.ledger.found(sighting, now: world.moment).finding }
        #expect(find(sighting) == .foreign)
        sighting.mailbox = "m@example.net"
        #expect(find(sighting) == .arrived(isLate: false))
        #expect(find(sighting) == .again)
        sighting.place = "2"
        #expect(find(sighting) == .doubled)
        #expect(find(sighting) == .again)
        sighting.token = try #require(ProbeToken(path, sentAt: .sample, number: 5))
        #expect(find(sighting) == .forgotten)
    }

    @Test("a pardon ends a blame; only what is taken from then on makes another")
    func pardon() {
        var world = world()
        world.fate = { path, _, _ in path.upstream == "a" ? .lost : .delivered(after: .seconds(1)) }
        world.run(for: .seconds(600))
        #expect(world.ledger.blamed.map(\.upstream) == ["a"])
        world.carryOut(world.ledger.pardon("a", now: world.moment))
        #expect(world.acquitted == ["a"] && world.ledger.blamed.isEmpty)
        // What was taken before is still found to be lost meanwhile.
        world.run(for: Self.settings.missingAfter)
        #expect(world.ledger.blamed.isEmpty)
        world.run(for: .seconds(600))
        #expect(world.ledger.blamed.map(\.upstream) == ["a"])
    }

    @Test("an upstream whose mail arrives in a third mailbox is not blamed for two that get none")
    func elsewhere() {
        var world = world(upstreams: ["a"], mailboxes: ["m@example.net", "n@example.net", "o@example.net"])
        world.fate = { path, _, _ in path.mailbox == "o@example.net" ? .delivered(after: .seconds(1)) : .lost }
        world.run(for: .seconds(3600))
        #expect(world.blames.isEmpty)
        #expect(world.verdicts() == ["a": .missing] && world.verdicts(at: "o@example.net") == ["a": .ok])
    }

    @Test("an upstream that was the first to use mailboxes that get no mail is acquitted once another uses them")
    func firstToUse() {
        var world = world(mailboxes: ["m@example.net", "n@example.net"])
        world.fate = { path, now, _ in path.upstream == "b" && now.milliseconds < 900_000 ? .refused : .lost }
        world.run(for: .seconds(900))
        #expect(world.blames.map(\.upstream) == ["a"])
        world.run(for: .seconds(600))
        #expect(world.acquitted == ["a"] && world.ledger.blamed.isEmpty)
        #expect(world.verdicts() == ["a": .mailboxUnreachable, "b": .mailboxUnreachable])
    }

    @Test("an upstream whose probes have been slow to leave is not taken for one that is not there")
    func slow() {
        var settings = Self.settings
        settings.every = .seconds(1)
        var world = world(mailboxes: ["m@example.net", "n@example.net"], settings)
        // The other one has not taken a probe for ten times `every`.
        world.fate = { path, now, _ in
            path.upstream == "b" && now.milliseconds % 15_000 > 5_000 ? .refused : .lost
        }
        world.run(for: .seconds(900))
        #expect(world.blames.isEmpty)
    }

    @Test("an upstream is acquitted by probes in a row, though later ones are always on their way")
    func jitter() {
        let settings = TripSettings(every: .seconds(60), lateAfter: .seconds(30), missingAfter: .seconds(400))
        var world = world(1, settings)
        world.fate = { path, _, _ in path.upstream == "a" ? .lost : .delivered(after: .seconds(1)) }
        world.run(for: .seconds(900))
        #expect(world.ledger.blamed.map(\.upstream) == ["a"])
        var count = 0
        world.fate = { path, _, _ in
            guard path.upstream == "a" else { return .delivered(after: .seconds(1)) }
            count += 1
            return .delivered(after: .seconds(count.isMultiple(of: 2) ? 270 : 1))
        }
        world.run(for: .seconds(1200))
        #expect(world.acquitted == ["a"])
    }

    @Test("a removed round trip leaves nothing behind")
    func removed() {
        var world = world()
        world.fate = { path, _, _ in path.upstream == "a" ? .lost : .delivered(after: .seconds(1)) }
        world.run(for: .seconds(600))
        world.carryOut(world.ledger.replace([:], now: world.moment))
        #expect(world.acquitted == ["a"])
        #expect(world.ledger.standings.isEmpty && world.ledger.nextDeadline == nil)
    }
}
