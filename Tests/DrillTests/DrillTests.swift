import Admin
import Console
import Delivery
import Mail
import Synchronization
import Testing
import Upstreams

@testable import Drill

/// A scripted relay, on a clock that advances by sleeping.
private final class ScriptedRelay: DrillRelay {
    private struct State {
        var relay = DrilledRelay()
        var now = -50
        var orders: [String] = []
    }

    private let state: Mutex<State>
    private let script: @Sendable (Int, inout DrilledRelay) throws -> Void
    private let onTrip: @Sendable () throws -> Void

    /// - Parameter script: the state of the relay at a millisecond; called for each request.
    init(
        onTrip: @escaping @Sendable () throws -> Void = {},
        script: @escaping @Sendable (Int, inout DrilledRelay) throws -> Void
    ) {
        state = Mutex(State())
        self.script = script
        self.onTrip = onTrip
    }

    var orders: [String] { state.withLock { $0.orders } }
    var now: Int { state.withLock { $0.now } }

    var clock: DrillClock {
        DrillClock(
            now: { DrilledRelay.time(self.now) },
            sleep: { duration in
                try Task.checkCancellation()
                self.state.withLock { $0.now += Int(duration.wholeMilliseconds) }
            })
    }

    private func look<Answer>(_ body: (DrilledRelay) -> Answer) throws -> Answer {
        try state.withLock { state in
            if !state.orders.isEmpty { try script(state.now, &state.relay) }
            return body(state.relay)
        }
    }

    func list() async throws -> [UpstreamDocument] { try look { $0.upstreams } }
    func statistics() async throws -> StatisticsDocument { try look { $0.queue } }
    func detail(of name: String) async throws -> UpstreamDetailDocument { try look { $0.detail } }

    func control(
        _ name: String, _ action: UpstreamControl.Action, _ order: UpstreamControlDocument
    ) async throws -> UpstreamDetailDocument {
        try state.withLock { state in
            state.orders.append("\(action.rawValue) \(name)")
            if action == .trip {
                try onTrip()
                state.now = 0
                state.relay.change(0, .closed, .open, "tripped by hand; drill")
            }
            return state.relay.detail
        }
    }
}

@Suite("A drill against a relay")
struct DrillTests {
    private func run(
        _ desk: ScriptedRelay, watch: Duration = .seconds(60),
        _ progress: @escaping @Sendable (DrillEvent) -> Void = { _ in }
    ) async throws -> DrillReport {
        try await Drill(relay: desk, clock: desk.clock, progress: progress)
            .run("ses", for: .seconds(30), watch: watch)
    }

    /// Moves on at once, and comes back after 30 seconds.
    private static func good(_ now: Int, _ relay: inout DrilledRelay) {
        relay.upstreams[1].deliveredTotal = now / 10
        if now >= 30_000, relay.history.count == 1 {
            relay.change(30_000, .open, .halfOpen, "its time has come")
            relay.change(30_020, .halfOpen, .closed, share: 0.5, "trial succeeded")
        }
        if now >= 40_000, relay.history.count == 3 { relay.change(40_000, .closed, .closed, share: 1, "step") }
    }

    @Test("A drill that passes ends with the full share, and orders nothing more")
    func passed() async throws {
        let desk = ScriptedRelay(script: Self.good)
        let seen = Mutex(0)
        let report = try await run(desk) { _ in seen.withLock { $0 += 1 } }
        #expect(report.verdict == .passed)
        #expect(report.fullShareMilliseconds == 40_000)
        #expect(report.movedOnMilliseconds == 100)
        #expect(!report.wasReset)
        #expect(desk.orders == ["trip ses"])
        #expect(desk.now < 41_000)
        #expect(seen.withLock { $0 } == 4)
    }

    @Test("A drill that runs out of time during the ramp resets the upstream")
    func timeIsOver() async throws {
        let desk = ScriptedRelay(script: Self.good)
        let report = try await run(desk, watch: .seconds(35))
        #expect(report.verdict == .inconclusive)
        #expect(report.wasReset)
        #expect(desk.orders == ["trip ses", "reset ses"])
        #expect((35_000...35_200).contains(desk.now))
    }

    @Test("A relay that stops answering in the middle: the upstream is reset, and the error reported")
    func error() async throws {
        let desk = ScriptedRelay { now, relay in
            Self.good(now, &relay)
            if now > 5000 { throw Failure(.tryAgain, "the relay did not answer") }
        }
        await #expect(throws: Failure(.tryAgain, "the relay did not answer")) { _ = try await run(desk) }
        #expect(desk.orders == ["trip ses", "reset ses"])
    }

    @Test("A trip without an answer is undone; a refused one needs no undoing")
    func tripFails() async throws {
        for (status, orders) in [
            (Failure.Status.tryAgain, ["trip ses", "reset ses"]), (.noSuchMessage, ["trip ses"]),
            (.notRunning, ["trip ses"]),
        ] {
            let desk = ScriptedRelay(onTrip: { throw Failure(status, "no") }, script: Self.good)
            await #expect(throws: Failure(status, "no")) { _ = try await run(desk) }
            #expect(desk.orders == orders)
        }
    }

    @Test("A cancelled drill resets the upstream, and says that it was ended")
    func cancelled() async throws {
        let (reached, continuation) = AsyncStream.makeStream(of: Void.self)
        let desk = ScriptedRelay { now, relay in
            Self.good(now, &relay)
            if now >= 5000 { continuation.finish() }
        }
        let patient = DrillClock(
            now: desk.clock.now,
            sleep: { duration in
                if desk.now >= 5000 { try await Task.sleep(for: .seconds(3600)) }
                try await desk.clock.sleep(duration)
            })
        let task = Task {
            try await Drill(relay: desk, clock: patient, progress: { _ in })
                .run("ses", for: .seconds(30), watch: .seconds(60))
        }
        for await _ in reached {}
        task.cancel()
        let report = try await task.value
        #expect(report.verdict == .inconclusive)
        #expect(report.reasons == ["it was ended early"])
        #expect(report.wasReset)
        #expect(desk.orders == ["trip ses", "reset ses"])
    }

    @Test("An upstream that has failed its trial is left to the relay")
    func relapse() async throws {
        let desk = ScriptedRelay { now, relay in
            relay.upstreams[1].deliveredTotal = now / 10
            guard now >= 30_000, relay.history.count == 1 else { return }
            relay.change(30_000, .open, .halfOpen, "its time has come")
            relay.change(30_900, .halfOpen, .open, "trial failed")
        }
        let report = try await run(desk)
        #expect(report.verdict == .failed)
        #expect(desk.orders == ["trip ses"])
    }

    // MARK: - What is tripped

    private static func plan(
        _ change: (inout DrilledRelay) -> Void, wanted: String? = nil, routes: [RouteSettings] = []
    ) throws(Failure) -> DrillPlan {
        var relay = DrilledRelay()
        relay.upstreams.append(DrilledRelay.upstream("own", 3))
        change(&relay)
        return try DrillPlan(relay.upstreams, wanted: wanted, routes: routes)
    }

    @Test("The first upstream that accepts mail is tripped, or the one named")
    func target() throws {
        #expect(try Self.plan { _ in }.target == "ses")
        #expect(try Self.plan { _ in }.others == ["mg", "own"])
        #expect(try Self.plan { $0.upstreams[0].circuit = .open }.target == "mg")
        #expect(try Self.plan({ _ in }, wanted: "own").target == "own")
    }

    @Test("With fewer than two working upstreams, or if the named one does not work, nothing is tripped")
    func refusals() {
        #expect(throws: Failure.self) {
            try Self.plan {
                $0.upstreams[1].adminState = .disabled
                $0.upstreams[2].circuit = .open
            }
        }
        #expect(throws: Failure.self) { try Self.plan({ $0.upstreams[1].circuit = .halfOpen }, wanted: "mg") }
        let unknown = #expect(throws: Failure.self) { try Self.plan({ _ in }, wanted: "gm") }
        #expect(unknown?.status == .noSuchMessage)
        #expect(unknown?.message.contains("there are ses, mg, own") == true)
    }

    @Test("An upstream on its ramp is not tripped, because a drill would end with all its traffic")
    func ramp() throws {
        #expect(try Self.plan { $0.upstreams[0].share = 0.1 }.target == "mg")
        #expect(try Self.plan { $0.upstreams[0].share = 0.1 }.others == ["ses", "own"])
        let named = #expect(throws: Failure.self) { try Self.plan({ $0.upstreams[0].share = 0.1 }, wanted: "ses") }
        #expect(named?.status == .tryAgain)
        #expect(named?.message.contains("ses has 10% of its traffic") == true)
        let none = #expect(throws: Failure.self) {
            try Self.plan { relay in for index in relay.upstreams.indices { relay.upstreams[index].share = 0.5 } }
        }
        #expect(none?.status == .tryAgain)
        #expect(none?.message.contains("no upstream has all of its traffic") == true)
    }

    @Test("Routes without another working upstream are named")
    func lonelyRoutes() throws {
        func route(_ name: String, _ upstreams: [String], lastResort: String? = nil) -> RouteSettings {
            var route = RouteSettings(name: name)
            (route.upstreams, route.lastResort) = (upstreams, lastResort)
            return route
        }
        let routes = [
            route("alone", ["ses"]), route("pair", ["ses", "mg"]), route("elsewhere", ["mg"]),
            route("sick", ["ses", "own"]), route("resort", ["ses"], lastResort: "mg"),
        ]
        let plan = try Self.plan({ $0.upstreams[2].circuit = .open }, routes: routes)
        #expect(plan.waitingRoutes == ["alone", "sick"])
        let lines = DrillConsent(plan: plan, duration: .seconds(30), watch: .seconds(150)).lines
        #expect(lines[0] == "This opens the circuit of ses for 30s, as if it had failed.")
        #expect(lines.contains { $0.contains("route alone waits") })
    }

    // MARK: - Output

    @Test("The report and the events are printed as lines")
    func page() async throws {
        let desk = ScriptedRelay(script: Self.good)
        let words = Mutex<[String]>([])
        let page = DrillPage(terminal: .plain)
        let report = try await run(desk) { event in words.withLock { $0.append(page.line(event, target: "ses")) } }
        #expect(
            words.withLock { $0 } == [
                "  0.100 s  mail goes through mg", " 30.000 s  one message tries ses",
                " 30.020 s  ses has 50% of its traffic: trial succeeded",
                " 40.000 s  ses has 100% of its traffic: step",
            ])
        let lines = page.lines(report)
        #expect(lines[0] == "Drill of ses: passed")
        #expect(lines.contains("  Trip to first mail elsewhere  0.100 s"))
        #expect(lines.contains("  Trip to full share            40.000 s"))
        #expect(lines.contains("  Delivered by mg               4000"))
        #expect(lines.contains("  Recipients in_doubt           0 before, 0 at most, 0 after"))
    }

    @Test("The JSON of a report has all its names")
    func json() async throws {
        let report = try await run(ScriptedRelay(script: Self.good), watch: .seconds(31))
        let line = try AdminJSON.line(report)
        for name in [
            "upstream", "verdict", "reasons", "tripped_at", "watched_seconds", "moved_on_ms", "half_open_ms",
            "closed_ms",
            "full_share_ms", "relapses", "delivered", "failures", "queue", "recipients", "was_reset",
        ] {
            #expect(line.contains("\"\(name)\":"), "\(name)")
        }
        #expect(line.contains("\"full_share_ms\":null"))
    }

    @Test("The default watch time covers the whole ramp, and some time for mail to arrive")
    func watch() {
        var settings = DeliverySettings()
        settings.recovery.rampSteps = [10, 50]
        settings.recovery.stepDuration = .seconds(20)
        #expect(Drill.wholeRamp(settings, after: .seconds(5)) == .seconds(5 + 40 + 30))
    }
}
