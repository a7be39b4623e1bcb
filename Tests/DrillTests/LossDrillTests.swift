import Admin
import Console
import Delivery
import Mail
import Synchronization
import Testing
import Upstreams

@testable import Drill

/// A scripted stage, on a clock that advances by sleeping.
private final class ScriptedStage: LossStage {
    private struct State {
        var now = 0
        /// Of the toggles.
        var toggles: [Int] = []
        var isEnded = false
    }

    let target = "primary"
    private let state = Mutex(State())
    private let startError: Failure?
    /// The round trips and the history at a millisecond, after these toggles.
    private let script: @Sendable (Int, [Int]) throws -> (states: [String?], history: [ChangeDocument])

    init(
        startError: Failure? = nil,
        script: @escaping @Sendable (Int, [Int]) throws -> (states: [String?], history: [ChangeDocument])
    ) {
        (self.startError, self.script) = (startError, script)
    }

    static let begin = Timestamp(milliseconds: 1_795_255_200_000)

    static func change(_ now: Int, _ from: CircuitState, _ to: CircuitState, _ share: Double, _ cause: String)
        -> ChangeDocument
    {
        ChangeDocument(
            .init(at: begin + .milliseconds(now), .circuit(from: from, to: to), share: share, cause: cause))
    }

    var clock: DrillClock {
        DrillClock(
            now: { Self.begin + .milliseconds(self.state.withLock { $0.now }) },
            sleep: { duration in
                try Task.checkCancellation()
                self.state.withLock { $0.now += Int(duration.wholeMilliseconds) }
            })
    }

    var isEnded: Bool { state.withLock { $0.isEnded } }
    var toggles: [Int] { state.withLock { $0.toggles } }

    func start() async throws { if let startError { throw startError } }

    func sample(at now: Timestamp) async throws -> LossSample {
        let (time, toggles) = state.withLock { ($0.now, $0.toggles) }
        let (states, history) = try script(time, toggles)
        let names = ["primary", "secondary"]
        return LossSample(
            at: now, trips: states.enumerated().map { .init(upstream: names[$0], state: $1) }, history: history)
    }

    func toggleLoss() async { state.withLock { $0.toggles.append($0.now) } }
    func end() async { state.withLock { $0.isEnded = true } }
}

@Suite("A drill of lost mail")
struct LossDrillTests {
    private static let settings = LossSettings(every: .seconds(1), missingAfter: .seconds(5), missingThreshold: 2)
    private static let well: [String?] = ["ok", "ok"]

    private func run(
        _ stage: ScriptedStage, _ progress: @escaping @Sendable (LossEvent) -> Void = { _ in }
    ) async throws -> LossReport {
        try await LossDrill(stage: stage, clock: stage.clock, progress: progress).run(Self.settings)
    }

    /// A stage whose circuit opens this long after the loss began, and whose traffic comes back after these times.
    private static func stage(left: Int, cause: String = "round_trip: 2 probes are lost", back: [Int] = [1000, 3000])
        -> ScriptedStage
    {
        ScriptedStage { now, toggles in
            guard let lost = toggles.first else { return (now < 2000 ? [nil, "ok"] : well, []) }
            var history: [ChangeDocument] = []
            if now >= lost + left {
                history.append(ScriptedStage.change(lost + left, .closed, .open, 0, cause))
            }
            guard toggles.count > 1 else { return (well, history) }
            for (index, time) in back.enumerated() where now >= toggles[1] + time {
                let isLast = index == back.count - 1
                history.append(
                    ScriptedStage.change(
                        toggles[1] + time, index == 0 ? .open : .closed, .closed, isLast ? 1 : 0.1, "probes arrive"))
            }
            return (well, history)
        }
    }

    @Test("passes when the upstream is left in time, and comes back by the ramp")
    func passed() async throws {
        let stage = Self.stage(left: 6500)
        let events = Mutex<[String]>([])
        let page = LossPage(terminal: .plain)
        let report = try await run(stage) { event in
            events.withLock { $0.append(page.line(event, target: "primary")) }
        }
        #expect(report.verdict == .passed)
        #expect(report.limitMilliseconds == 7000 && report.leftMilliseconds == 6500)
        #expect(report.returnedMilliseconds == 1000 && report.fullShareMilliseconds == 3000 && report.steps == 1)
        #expect(stage.toggles == [2000, 8500])
        #expect(stage.isEnded)
        #expect(
            events.withLock { $0 } == [
                "  0.000 s  primary says 250 and delivers nothing",
                "  6.500 s  primary gets no mail any more: round_trip: 2 probes are lost",
                "  6.500 s  primary delivers again", "  7.500 s  primary has 10% of its traffic: probes arrive",
                "  9.500 s  primary has 100% of its traffic: probes arrive",
            ])
        #expect(
            page.lines(report) == [
                "Drill of lost mail: passed", "  primary was left in time, and has its full share again", "",
                "  Loss to open circuit          6.500 s", "  Allowed                       7.000 s",
                "  Delivery to first traffic     1.000 s", "  Delivery to full share        3.000 s",
                "  Shares before the full one    1",
            ])
    }

    @Test("fails when it is left too late, even if all is well in the end")
    func late() async throws {
        let report = try await run(Self.stage(left: 7100))
        #expect(report.verdict == .failed)
        #expect(report.reasons == ["primary was left later than missing_after and missing_threshold times every allow"])
    }

    @Test("fails when the circuit opens for another reason, never opens, or the traffic stays away")
    func failures() async throws {
        let other = Self.stage(left: 1000, cause: "3 failures in a row")
        let reasons = try await run(other).reasons
        #expect(reasons == ["the circuit of primary opened for another reason: 3 failures in a row"])
        // What was broken is mended before the end.
        #expect(other.toggles.count == 2)
        let never = Self.stage(left: 10_000_000)
        let report = try await run(never)
        #expect(report.verdict == .failed && report.reasons == ["primary lost mail, and was not left"])
        #expect(never.toggles.count == 2 && never.isEnded)
        let away = try await run(Self.stage(left: 1000, back: []))
        #expect(away.reasons == ["primary delivered again, and did not get its traffic back"])
    }

    @Test("shows nothing when no round trip arrives, or the relay cannot be watched")
    func inconclusive() async throws {
        let silent = ScriptedStage { _, _ in (["ok", nil], []) }
        let report = try await run(silent)
        #expect(report.verdict == .inconclusive)
        #expect(
            report.reasons == [
                "no round trip arrived before the fault (primary: ok, secondary: nothing yet)"
            ])
        #expect(silent.toggles == [] && silent.isEnded)
        let gone = ScriptedStage { _, _ in throw Failure(.notRunning, "nobody there") }
        #expect(try await run(gone).reasons == ["the relay could not be watched: nobody there"])
        #expect(gone.isEnded)
    }

    @Test("leaves nothing behind when it cannot start")
    func noStart() async throws {
        let stage = ScriptedStage(startError: Failure(.tryAgain, "no port")) { _, _ in ([], []) }
        await #expect(throws: Failure(.tryAgain, "no port")) { try await run(stage) }
        #expect(stage.isEnded)
    }

    @Test("prints every figure as JSON, null where there is none")
    func json() async throws {
        let text = try AdminJSON.line(try await run(Self.stage(left: 10_000_000)))
        #expect(text.contains("\"left_ms\":null") && text.contains("\"limit_ms\":7000"))
        #expect(text.contains("\"missing_after_seconds\":5") && text.contains("\"verdict\":\"failed\""))
    }
}
