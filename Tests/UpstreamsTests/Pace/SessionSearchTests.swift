import Testing
import Upstreams

/// With `max_connections = "auto"`.
@Suite("The number of sessions that a search finds")
struct SessionSearchTests {
    private typealias Nature = ModelUpstream.Nature

    @Test(
        "carries at least nine tenths of what delay and limit allow, within a hundred delays",
        arguments: [100, 300], [1, 3, 10, 50, 80])
    func grid(milliseconds: Int, limit: Int) {
        var model = ModelUpstream(Nature(delay: .milliseconds(milliseconds), limit: limit))
        let settled = Double(milliseconds) / 10
        model.run(until: settled + 5)
        let possible = Double(limit) * 1000 / Double(milliseconds)
        #expect(model.rate(from: settled, to: settled + 5) >= 0.9 * possible)
        #expect(model.window.value == limit)
        #expect(model.findings.first == .allowed(limit))
    }

    @Test("carries 450 of 500 messages a second within three seconds, and 1,000 a second with 400 sessions of 300 ms")
    func promises() {
        for seed: UInt64 in 1...3 {
            var model = ModelUpstream(Nature(limit: 50, spread: 0.5), seed: seed)
            model.run(until: 10)
            #expect(model.rate(from: 3, to: 10) >= 450, "seed \(seed)")
            var slow = ModelUpstream(Nature(delay: .milliseconds(300), spread: 0.5), most: 400, seed: seed)
            slow.run(until: 14)
            #expect(slow.rate(from: 10, to: 14) >= 1000, "seed \(seed)")
        }
    }

    @Test("stays at its limit without more than a few refused connections a minute", arguments: [3, 10, 50, 80])
    func refusals(limit: Int) {
        var model = ModelUpstream(Nature(delay: .seconds(1), limit: limit))
        model.run(until: 600)
        #expect(model.refusals(from: 0, to: 60) <= 7)
        for minute in 1..<10 {
            #expect(model.refusals(from: Double(minute) * 60, to: Double(minute + 1) * 60) <= 2, "minute \(minute)")
        }
        #expect(model.refusals(from: 60, to: 600) <= 5)
    }

    @Test("does not grow where the upstream gets slower with each further session", arguments: [30.0, 150, 300, 700])
    func capacity(capacity: Double) {
        for seed: UInt64 in 1...3 {
            var model = ModelUpstream(Nature(capacity: capacity, spread: 0.5), seed: seed)
            model.run(until: 30)
            let useful = capacity / 10
            #expect(model.rate(from: 5, to: 30) >= 0.85 * capacity, "seed \(seed)")
            #expect(Double(model.window.value) <= 5 + 1.7 * useful, "seed \(seed)")
            #expect(model.refusals.isEmpty)
            guard case .useful = model.findings.last else {
                Issue.record("nothing was found, seed \(seed)")
                return
            }
        }
    }

    @Test("is small where the upstream is as fast as the machine", arguments: [200, 800])
    func fast(microseconds: Int) {
        for seed: UInt64 in 1...2 {
            let nature = Nature(delay: .microseconds(microseconds), capacity: 4000, spread: 0.5)
            var model = ModelUpstream(nature, seed: seed)
            model.run(until: 5)
            #expect(model.mostSessions <= 20, "seed \(seed)")
            #expect(model.rate(from: 2, to: 5) >= 3700, "seed \(seed)")
        }
    }

    @Test("does not grow while the upstream keeps up with what comes")
    func keepsUp() {
        var model = ModelUpstream(Nature(arrivals: 45))
        model.run(until: 60)
        #expect(model.mostSessions == 5)
        model.nature.arrivals = 90
        model.run(until: 120)
        #expect(model.rate(from: 110, to: 120) >= 89)
    }

    @Test("follows a limit that falls, and one that rises again within minutes")
    func changingLimit() {
        var model = ModelUpstream(Nature(delay: .milliseconds(400), limit: 50))
        model.run(until: 20)
        #expect(model.window.value == 50)
        model.nature.limit = 10
        model.run(until: 40)
        #expect(model.window.value == 10)
        #expect(model.refusals(from: 20, to: 40) <= 41)
        #expect(model.rate(from: 25, to: 40) >= 23)
        model.nature.limit = 50
        model.run(until: 700)
        #expect(model.window.value >= 45)
        #expect(model.rate(from: 690, to: 700) >= 110)
    }

    @Test("falls where fewer carry as much, since the upstream has become slower for their number")
    func slowerWithNumber() {
        var model = ModelUpstream(Nature(spread: 0.2))
        model.run(until: 20)
        #expect(model.window.value == 100)
        model.nature.capacity = 200
        model.run(until: 60)
        #expect(model.window.value <= 50)
        #expect(model.rate(from: 40, to: 60) >= 180)
        #expect(model.findings.contains(.useful(model.window.value)))
    }

    @Test("stays where the upstream has become slower for everybody")
    func slowerForAll() {
        var model = ModelUpstream(Nature(limit: 50))
        model.run(until: 20)
        model.nature.delay = .milliseconds(400)
        model.run(until: 120)
        #expect(model.window.value >= 50)
        #expect(model.rate(from: 60, to: 120) >= 0.9 * 50 / 0.4)
    }

    @Test("grows again when the upstream has become faster")
    func faster() {
        var model = ModelUpstream(Nature(delay: .milliseconds(400), capacity: 25, spread: 0.2))
        model.run(until: 60)
        #expect(model.window.value <= 20)
        model.nature.capacity = nil
        model.run(until: 400)
        #expect(model.rate(from: 390, to: 400) >= 225)
    }
}
