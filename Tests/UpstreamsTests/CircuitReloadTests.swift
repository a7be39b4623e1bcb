import Mail
import Testing
import Upstreams

@Suite("A circuit with other settings")
struct CircuitReloadTests {
    private static let start = MonotonicInstant(nanoseconds: 0)
    private var circuit = Circuit.example()

    private static func settings(_ edit: (inout Circuit.Settings) -> Void) -> Circuit.Settings {
        var settings = Circuit.example().settings
        edit(&settings)
        return settings
    }

    @Test("keeps its failures, and opens with the next one if the limit is lower")
    mutating func failures() {
        _ = circuit.failed(now: Self.start, jitter: 0)
        circuit.replace(settings: Self.settings { $0.consecutiveFailures = 1 }, now: Self.start)
        #expect(circuit.state == .closed(failures: 1))
        #expect(circuit.failed(now: Self.start, jitter: 0)?.to == .open)
    }

    @Test("is open no longer than they allow, unless opened by hand")
    mutating func open() {
        _ = circuit.failed(now: Self.start, jitter: 0, .account)
        circuit.replace(
            settings: Self.settings {
                $0.openDuration = .seconds(1); $0.maxOpenDuration = .seconds(3)
            }, now: Self.start)
        #expect(circuit.trialAt == Self.start + .seconds(3))
        var tripped = Circuit.example()
        _ = tripped.trip(now: Self.start, for: .seconds(900))
        tripped.replace(
            settings: Self.settings {
                $0.openDuration = .seconds(1); $0.maxOpenDuration = .seconds(3)
            }, now: Self.start)
        #expect(tripped.trialAt == Self.start + .seconds(900))
    }

    @Test("stays on its ramp with at least its share")
    mutating func ramp() {
        circuit = Circuit(settings: Self.settings { $0.rampSteps = [0.2, 0.5, 1] })
        _ = circuit.failed(now: Self.start, jitter: 0, .account)
        _ = circuit.admit(now: Self.start + .seconds(600))
        _ = circuit.succeeded(now: Self.start + .seconds(600), isTrial: true)
        #expect(circuit.share == 0.2)
        circuit.replace(settings: Self.settings { $0.rampSteps = [0.1, 0.3, 0.9, 1] }, now: Self.start + .seconds(601))
        #expect(circuit.share == 0.3)
        circuit.replace(settings: Self.settings { $0.rampSteps = [1] }, now: Self.start + .seconds(602))
        #expect(circuit.share == 1)
    }

    @Test("forgets that an account was at fault when the account is another one")
    mutating func account() {
        _ = circuit.failed(now: Self.start, jitter: 0, .account)
        #expect(circuit.isAccountFault)
        #expect(circuit.meansChanged(isProbed: true, now: Self.start) == nil)
        #expect(!circuit.isAccountFault)
        #expect(circuit.trialAt == Self.start + .seconds(10))
        #expect(circuit.meansChanged(isProbed: false, now: Self.start + .seconds(1))?.kind == .trialTime)
        #expect(circuit.trialAt == Self.start + .seconds(1))
    }

    @Test("counts what it has counted, whatever the window")
    mutating func window() {
        circuit = Circuit(
            settings: Self.settings {
                $0.consecutiveFailures = 99; $0.minRequests = 4
            })
        for _ in 0..<3 {
            _ = circuit.failed(now: Self.start, jitter: 0)
        }
        circuit.replace(
            settings: Self.settings {
                $0.consecutiveFailures = 99; $0.minRequests = 4; $0.window = .seconds(500)
            },
            now: Self.start + .seconds(1))
        #expect(circuit.failed(now: Self.start + .seconds(2), jitter: 0)?.to == .open)
    }
}

@Suite("A throttle with another limit")
struct ThrottleReloadTests {
    private static let start = MonotonicInstant(nanoseconds: 0)

    @Test("applies it at once, up and down, and to none")
    func limit() {
        var throttle = Throttle(limit: Rate(count: 10, per: .seconds(1)), now: Self.start)
        throttle.replace(limit: Rate(count: 2, per: .seconds(1)), now: Self.start)
        #expect(throttle.rate == 2)
        for _ in 0..<2 { throttle.take(now: Self.start) }
        #expect(throttle.nextAllowed(now: Self.start) != nil)
        throttle.replace(limit: Rate(count: 20, per: .seconds(1)), now: Self.start)
        #expect(throttle.rate(now: Self.start) == 20)
        throttle.replace(limit: nil, now: Self.start)
        #expect(throttle.rate(now: Self.start) == nil && throttle.nextAllowed(now: Self.start) == nil)
    }

    @Test("keeps a rate that the upstream has asked for")
    func reduced() {
        var throttle = Throttle(limit: Rate(count: 40, per: .seconds(1)), now: Self.start)
        #expect(throttle.slowDown(now: Self.start) == 20)
        throttle.replace(limit: Rate(count: 80, per: .seconds(1)), now: Self.start)
        #expect(throttle.rate(now: Self.start) == 20)
        throttle.replace(limit: Rate(count: 10, per: .seconds(1)), now: Self.start)
        #expect(throttle.rate(now: Self.start) == 10)
    }
}

@Suite("A set of upstreams")
struct UpstreamSetTests {
    @Test("holds any index", arguments: [0, 1, 63, 64, 65, 127, 128, 1000])
    func any(index: Int) {
        let set = UpstreamSet([index])
        #expect(set.contains(index) && !set.isEmpty)
        #expect(![0, 1, 63, 64, 65, 127, 128, 1000].contains { $0 != index && set.contains($0) })
        #expect(set == UpstreamSet([index, index]))
        #expect(UpstreamSet().isEmpty && !UpstreamSet().contains(index))
    }
}
