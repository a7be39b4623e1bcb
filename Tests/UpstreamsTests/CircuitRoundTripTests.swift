import TestKit
import Testing
import Upstreams

@Suite("Circuit: what round trips say")
struct CircuitRoundTripTests {
    let start = MonotonicInstant(nanoseconds: 1_000_000_000_000)
    var circuit = Circuit.example {
        $0.consecutiveFailures = 3
        $0.openDuration = .seconds(10)
        $0.maxOpenDuration = .seconds(40)
        $0.rampSteps = [0.25, 0.5, 1]
        $0.stepDuration = .seconds(30)
        $0.latencyThreshold = .seconds(30)
    }

    private func after(_ seconds: Int) -> MonotonicInstant { start + .seconds(seconds) }

    @Test("it opens, and neither time nor mail nor health checks admit anything but probes of its own")
    mutating func opens() throws {
        let first = circuit.openForRoundTrips(now: start, cause: "2 are missing")
        let opened = try #require(first)
        #expect(opened.from == .closed && opened.to == .open && opened.share == 0 && opened.until == nil)
        #expect(opened.reason == .roundTrip && opened.cause == "round_trip: 2 are missing")
        #expect(circuit.openForRoundTrips(now: start, cause: "again") == nil)
        for seconds in [0, 60, 86400] {
            #expect(circuit.admission(now: after(seconds)) == .refused(until: nil))
            #expect(circuit.admission(now: after(seconds), ofProbe: true) == .admitted)
            #expect(circuit.probeSucceeded(now: after(seconds)) == nil)
            #expect(circuit.succeeded(now: after(seconds), took: .seconds(1)) == nil)
            #expect(circuit.advance(now: after(seconds)) == nil)
        }
        #expect(circuit.name == .open && circuit.share == 0)
        #expect(circuit.trialAt == nil && circuit.nextStepAt == nil && !circuit.awaitsTrial(now: after(86400)))
    }

    @Test("arriving round trips begin the ramp")
    mutating func arrives() throws {
        _ = circuit.openForRoundTrips(now: start, cause: "missing")
        let transition = circuit.roundTripsArrive(now: after(100), cause: "3 have arrived")
        let closed = try #require(transition)
        #expect(closed.from == .open && closed.to == .closed && closed.share == 0.25 && closed.reason == .roundTrip)
        #expect(circuit.roundTripsArrive(now: after(100), cause: "again") == nil)
        #expect(circuit.nextStepAt == after(130))
        #expect(circuit.advance(now: after(130))?.share == 0.5)
        #expect(circuit.advance(now: after(160))?.share == 1)
    }

    @Test("without a ramp all traffic is back at once")
    mutating func noRamp() {
        circuit = .example { $0.rampSteps = [1] }
        _ = circuit.openForRoundTrips(now: start, cause: "missing")
        #expect(circuit.roundTripsArrive(now: start, cause: "arrived")?.share == 1)
        #expect(circuit.reduceForRoundTrips(now: start, cause: "late")?.share == 0.1)
        #expect(circuit.roundTripsArrive(now: start, cause: "arrived")?.share == 1)
        #expect(circuit.nextStepAt == nil && circuit.admission(now: start) == .admitted)
    }

    @Test("a reduced share is the first step of the ramp, and does not climb")
    mutating func reduces() throws {
        let transition = circuit.reduceForRoundTrips(now: start, cause: "late")
        let reduced = try #require(transition)
        #expect(reduced.from == .closed && reduced.to == .closed && reduced.share == 0.25)
        #expect(circuit.advance(now: after(86400)) == nil && circuit.nextStepAt == nil && circuit.isRamping)
        let admitted = (0..<100).count { _ in circuit.admit(now: after(60)).admission == .admitted }
        #expect(admitted == 25)
        // Probes take nothing of it.
        let probes = (0..<100).count { _ in circuit.admit(now: after(60), ofProbe: true).admission == .admitted }
        #expect(probes == 100 && (0..<100).count { _ in circuit.admit(now: after(60)).admission == .admitted } == 25)
        #expect(circuit.roundTripsArrive(now: after(70), cause: "arrived")?.share == 0.25)
        #expect(circuit.advance(now: after(100))?.share == 0.5)
    }

    @Test("one verdict follows the other")
    mutating func changes() {
        _ = circuit.reduceForRoundTrips(now: start, cause: "late")
        #expect(circuit.openForRoundTrips(now: start, cause: "missing")?.to == .open)
        let back = circuit.reduceForRoundTrips(now: start, cause: "late")
        #expect(back?.from == .open && back?.to == .closed && back?.share == 0.25)
    }

    @Test("failures of probes open it as usual; a probe is its trial, and then round trips still keep mail away")
    mutating func fails() throws {
        _ = circuit.openForRoundTrips(now: start, cause: "missing")
        let failures = (0..<3).compactMap { circuit.failed(now: after($0), jitter: 0) }
        #expect(failures.map(\.reason) == [.failures] && failures.map(\.from) == [.open])
        #expect(circuit.admission(now: after(5), ofProbe: true) == .refused(until: after(12)))
        #expect(circuit.admission(now: after(60)) == .refused(until: nil))
        #expect(circuit.admit(now: after(60)).transition == nil)
        #expect(circuit.admit(now: after(60), ofProbe: true).transition?.to == .halfOpen)
        let transition = circuit.succeeded(now: after(61), isTrial: true)
        let closed = try #require(transition)
        #expect(closed.from == .halfOpen && closed.to == .open && closed.share == 0)
        #expect(circuit.admission(now: after(600)) == .refused(until: nil))
        #expect(circuit.admission(now: after(600), ofProbe: true) == .admitted)
        #expect(circuit.roundTripsArrive(now: after(600), cause: "arrived")?.share == 0.25)
    }

    @Test("a reduced share comes back as one after an outage")
    mutating func failsReduced() {
        _ = circuit.reduceForRoundTrips(now: start, cause: "late")
        _ = circuit.open(at: after(1))
        _ = circuit.admit(now: after(600))
        #expect(circuit.succeeded(now: after(600), isTrial: true)?.share == 0.25)
        #expect(circuit.advance(now: after(86400)) == nil && circuit.share == 0.25)
    }

    @Test("they arrive during an outage: that ends as it would have without them")
    mutating func arrivesInOutage() {
        _ = circuit.openForRoundTrips(now: start, cause: "missing")
        _ = circuit.open(at: after(1))
        let arrived = circuit.roundTripsArrive(now: after(2), cause: "arrived")
        #expect(arrived?.from == .open && arrived?.to == .open && arrived?.until == circuit.trialAt)
        #expect(circuit.admission(now: after(600)) == .trial)
        _ = circuit.admit(now: after(600))
        #expect(circuit.succeeded(now: after(600), isTrial: true)?.to == .closed)
    }

    @Test("probes that are taken end a row of failures, and are never too slow")
    mutating func takes() {
        _ = circuit.openForRoundTrips(now: start, cause: "missing")
        for round in 0..<100 {
            _ = circuit.failed(now: after(round), jitter: 0)
            for _ in 0..<2 { #expect(circuit.succeeded(now: after(round), took: .seconds(60)) == nil) }
        }
        #expect(circuit.state == .closed(failures: 0))
    }

    @Test("an operator's reset ends it, and other settings do not")
    mutating func byHand() {
        _ = circuit.reduceForRoundTrips(now: start, cause: "late")
        var settings = circuit.settings
        settings.rampSteps = [0.4, 1]
        circuit.replace(settings: settings, now: after(1))
        #expect(circuit.share == 0.4 && circuit.advance(now: after(600)) == nil)
        _ = circuit.openForRoundTrips(now: after(601), cause: "missing")
        #expect(circuit.reset(now: after(602))?.reason == .operator)
        #expect(circuit.name == .closed && circuit.share == 1)
    }
}
