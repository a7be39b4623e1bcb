import Mail
import RoundTrips
import TestKit
import Testing

@Suite("The course of round trips")
struct TripCourseTests {
    private static let mailbox = "m@example.net"
    private static let settings = TripSettings(
        every: .seconds(10), lateAfter: .seconds(20), missingAfter: .seconds(30), action: .open)

    /// A relay with two upstreams and a mailbox; `lossy` lose what they take.
    private struct World {
        var course: TripCourse
        var now = Timestamp(milliseconds: 1_000)
        var lossy: Set<String> = []
        var steps: [TripStep] = []
        var mail: [(at: Timestamp, token: ProbeToken)] = []

        init(memory: TripMemory = TripMemory(), history: TripHistory = TripHistory()) {
            course = TripCourse(hostname: "relay.example.com", key: .sample(), history: history, memory: memory)
        }

        var moment: TripMoment { TripMoment(wall: .sample + (now - Timestamp(milliseconds: 0)), steady: now) }

        mutating func configure(_ upstreams: [String?] = ["a", "b"]) {
            let paths = upstreams.map { TripPath(trip: "t", upstream: $0, mailbox: mailbox) }
            carryOut(course.replace([TripPlan(settings, paths)], now: moment))
        }

        mutating func run(for length: Duration) {
            let end = now + length
            while now < end {
                carryOut(course.advance(now: moment) { 0 })
                deliver()
                let times = [course.nextDeadline(now: now), mail.map(\.at).min(), end].compactMap { $0 }
                now = min(end, max(now.advanced(byMilliseconds: 1), times.min() ?? end))
            }
        }

        private mutating func deliver() {
            let arrived = mail.filter { $0.at <= now }
            mail.removeAll { $0.at <= now }
            for (at, token) in arrived {
                let trace = HeaderTrace(tokens: [Array((token.text(.sample()) ?? "").utf8)])
                let (isOurs, steps) = course.found(
                    trace, in: mailbox, place: "\(token.number)", folder: .inbox,
                    internalDate: moment.wall + (at - now), now: moment)
                #expect(isOurs)
                carryOut(steps)
            }
        }

        mutating func carryOut(_ steps: [TripStep]) {
            for step in steps {
                self.steps.append(step)
                switch step {
                case .send(let token):
                    let upstream = token.path.upstream ?? "a"
                    course.handedOver(token.number, now: moment)
                    carryOut(course.took(token.number, by: upstream, now: moment))
                    if !lossy.contains(upstream) { mail.append((now + .seconds(2), token)) }
                case .look(let name):
                    carryOut(course.looked(name, from: now, now: moment))
                case .withdraw, .blame, .acquit, .fact, .changed, .mailbox: break
                }
            }
        }

        var states: [String?: TripVerdict?] {
            let pairs = course.listings(now: moment.wall).map { ($0.standing.path.upstream, $0.standing.verdict) }
            return Dictionary(uniqueKeysWithValues: pairs)
        }
        var blamed: [String] {
            steps.compactMap { if case .blame(let blame) = $0 { blame.upstream } else { nil } }
        }
        var acquitted: [String] {
            steps.compactMap { if case .acquit(let upstream, _) = $0 { upstream } else { nil } }
        }
        var sent: [ProbeToken] { steps.compactMap { if case .send(let token) = $0 { token } else { nil } } }
    }

    @Test("probes go through each upstream, arrive, and are counted")
    func healthy() {
        var world = World()
        world.configure(["a", "b", nil])
        world.run(for: .seconds(300))
        #expect(world.states == ["a": .ok, "b": .ok, nil: .ok])
        #expect(world.sent.count >= 90)
        #expect(world.blamed.isEmpty)
        for listing in world.course.listings(now: world.moment.wall) {
            #expect(listing.standing.lastTotal == .seconds(2))
            #expect(listing.standing.cause == "the last probe took 2000 ms")
            #expect(listing.total[.arrived] >= 28)
        }
    }

    @Test("an upstream that loses its mail is blamed in time, and acquitted when probes arrive again")
    func lossy() {
        var world = World()
        world.configure()
        world.run(for: .seconds(100))
        world.lossy = ["a"]
        let began = world.now
        // missing_after, and missing_threshold times every.
        while world.blamed.isEmpty, world.now < began + .seconds(50) { world.run(for: .seconds(1)) }
        #expect(world.blamed == ["a"])
        #expect(world.states == ["a": .missing, "b": .ok])
        let listings = world.course.listings(now: world.moment.wall)
        #expect(listings.first?.standing.cause == "2 probes in a row are lost")
        world.lossy = []
        world.run(for: .seconds(120))
        #expect(world.acquitted == ["a"])
        #expect(world.states == ["a": .ok, "b": .ok])
    }

    @Test("a restart keeps the blame, the states, and what is under way")
    func restart() throws {
        var world = World()
        world.configure()
        world.lossy = ["a"]
        world.run(for: .seconds(100))
        #expect(world.blamed == ["a"])
        let memory = world.course.remembered(now: world.moment)
        var next = World(
            memory: try TripMemory(octets: memory.octets),
            history: try TripHistory(encoded: world.course.history.encoded()))
        next.now = world.now + .seconds(3)
        next.lossy = ["a"]
        next.configure()
        #expect(next.blamed == ["a"])
        #expect(next.states == ["a": .missing, "b": .ok])
        #expect(next.sent.isEmpty)
        next.mail = world.mail
        next.run(for: .seconds(100))
        #expect(next.acquitted.isEmpty)
        #expect(next.states == ["a": .missing, "b": .ok])
        next.lossy = []
        next.run(for: .seconds(100))
        #expect(next.acquitted == ["a"])
        #expect(next.states == ["a": .ok, "b": .ok])
    }

    @Test(
        "what was under way when the relay was killed may have arrived since: if it is not seen again, nobody can tell",
        arguments: [false, true])
    func killed(isLast: Bool) throws {
        var world = World()
        world.configure()
        world.lossy = ["a", "b"]
        world.run(for: .seconds(20))
        var memory = world.course.remembered(now: world.moment)
        memory.isLast = isLast
        #expect(memory.probes.count >= 4)
        var next = World(memory: try TripMemory(octets: memory.octets))
        next.now = world.now + .seconds(60)
        next.configure()
        next.run(for: .seconds(1))
        let kinds = next.steps.compactMap { if case .fact(let fact) = $0 { fact.kind } else { nil } }
        #expect(kinds.count { $0 == .unjudged } == (isLast ? 0 : memory.probes.count))
        #expect(kinds.count { $0 == .missing } == (isLast ? memory.probes.count : 0))
        if !isLast { #expect(next.states == ["a": nil, "b": nil]) }
        next.run(for: .seconds(60))
        #expect(next.states == ["a": .ok, "b": .ok])
    }

    @Test("no number is used again behind a restart, though nothing is under way and the clock was set back")
    func numbers() throws {
        var world = World()
        world.configure()
        world.run(for: .seconds(100))
        while !world.course.remembered(now: world.moment).probes.isEmpty { world.run(for: .milliseconds(500)) }
        let memory = world.course.remembered(now: world.moment)
        var next = World(memory: try TripMemory(octets: memory.octets))
        next.configure()
        next.run(for: .seconds(100))
        let numbers = (world.sent + next.sent).map(\.number)
        #expect(Set(numbers).count == numbers.count && numbers.count > 20)
    }

    @Test("another action of relay.conf follows for an upstream that is to blame", arguments: TripAction.allCases)
    func otherAction(_ action: TripAction) {
        var world = World()
        world.configure()
        world.lossy = ["a"]
        world.run(for: .seconds(120))
        #expect(world.blamed == ["a"])
        var settings = Self.settings
        settings.action = action
        let paths = ["a", "b"].map { TripPath(trip: "t", upstream: $0, mailbox: Self.mailbox) }
        let steps = world.course.replace([TripPlan(settings, paths)], now: world.moment)
        let actions = steps.compactMap { if case .blame(let blame) = $0 { blame.action } else { nil } }
        #expect(actions == (action == .open ? [] : [action]))
        #expect(world.course.blamed.map(\.action) == [action])
    }

    @Test("what is remembered is read exactly as it was written, or not at all")
    func memory() throws {
        var world = World()
        world.configure(["a", "b", nil])
        world.lossy = ["a"]
        world.run(for: .seconds(100))
        var memory = world.course.remembered(now: world.moment)
        memory.isLast = true
        #expect(!memory.probes.isEmpty && !memory.blames.isEmpty && memory.verdicts.count == 3)
        #expect(memory.lastSent.count == 3)
        let octets = memory.octets
        #expect(try TripMemory(octets: octets) == memory)
        for place in octets.indices {
            var changed = octets
            changed[place] ^= 1
            #expect(throws: TripFileError.self) { try TripMemory(octets: changed) }
        }
    }

    @Test("what the spool refuses is nobody's fault, and the next probe goes in its time")
    func notSent() throws {
        var world = World()
        world.configure(["a"])
        let steps = world.course.advance(now: world.moment) { 0 }
        let token = try #require(steps.compactMap { if case .send(let token) = $0 { token } else { nil } }.first)
        let after = world.course.notSent(token.number, now: world.moment)
        #expect(after == [.fact(TripFact(path: token.path, sentAt: token.sentAt, kind: .unjudged))])
        world.run(for: .seconds(60))
        #expect(world.states == ["a": .ok])
    }

    @Test("without its path a blame ends")
    func removed() {
        var world = World()
        world.configure()
        world.lossy = ["a"]
        world.run(for: .seconds(100))
        #expect(world.course.history.troubled.map(\.upstream) == ["a"])
        world.configure(["b"])
        #expect(world.acquitted == ["a"])
        #expect(world.course.history.troubled.isEmpty)
    }

    @Test("no probe goes through an upstream that is out of use, and the others go")
    func outOfUse() {
        var world = World()
        world.configure()
        for _ in 0..<60 {
            world.carryOut(world.course.advance(now: world.moment, jitter: { 0 }) { $0.upstream != "a" })
            world.now = world.now + .seconds(1)
        }
        #expect(Set(world.sent.map(\.path.upstream)) == ["b"])
        #expect(world.sent.count >= 5)
        world.run(for: .seconds(60))
        #expect(world.states["a"] == .ok)
    }

    @Test("an operator's probe goes at once")
    func request() throws {
        var world = World()
        world.configure()
        world.run(for: .seconds(100))
        let before = world.sent.count
        let path = TripPath(trip: "t", upstream: "b", mailbox: Self.mailbox)
        let isKnown = world.course.request(path)
        let isOtherKnown = world.course.request(TripPath(trip: "t", upstream: "c", mailbox: Self.mailbox))
        #expect(isKnown && !isOtherKnown)
        world.carryOut(world.course.advance(now: world.moment) { 0 })
        #expect(world.sent[before...].contains { $0.path == path })
        #expect(world.course.lastSent(path) == world.moment.wall)
    }

    @Test("nobody else's message is ever ours")
    func foreign() throws {
        var world = World()
        world.configure()
        world.run(for: .seconds(20))
        let token = try #require(world.sent.last)
        let other = ProbeKey { Array($0.suffix(32)) + [UInt8](repeating: 7, count: 32) }
        for text in [token.text(other) ?? "", "p1.", "hello"] {
            let trace = HeaderTrace(tokens: [Array(text.utf8)])
            let (isOurs, steps) = world.course.found(
                trace, in: Self.mailbox, place: "1", folder: .inbox, internalDate: nil, now: world.moment)
            #expect(!isOurs && steps.isEmpty)
        }
        let right = HeaderTrace(tokens: [Array((token.text(.sample()) ?? "").utf8)])
        let (isOurs, _) = world.course.found(
            right, in: "n@example.net", place: "1", folder: .inbox, internalDate: nil, now: world.moment)
        #expect(!isOurs)
    }
}
