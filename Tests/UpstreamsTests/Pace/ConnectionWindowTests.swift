import TestKit
import Testing
import Upstreams

@Suite("The window of sessions")
struct ConnectionWindowTests {
    private var window = ConnectionWindow(most: 100, isSearched: true)

    private func after(_ seconds: Double) -> MonotonicInstant { ModelUpstream.at(seconds) }

    @Test("is the number of relay.conf if there is one, whatever is measured")
    func fixed() {
        var window = ConnectionWindow(most: 20, isSearched: false)
        for step in 0..<1000 {
            window.took(sessions: 20, mailWaits: true, isWhole: true, now: after(Double(step) / 100))
            window.grow(now: after(Double(step) / 100))
        }
        #expect(window.value == 20)
        #expect(window.admits(beside: 19, unsettled: 19))
        #expect(!window.exceeds(19))
        #expect(window.takeFinding(isSettled: true, now: after(10)) == nil)
        window.refused(open: 7, now: after(10))
        #expect(window.value == 7)
        #expect(window.allowed == 7)
        window.grow(now: after(40))
        #expect(window.value == 8)
    }

    @Test("starts small, and never exceeds the maximum")
    func small() {
        #expect(window.value == 5)
        #expect(ConnectionWindow(most: 3, isSearched: true).value == 3)
        var model = ModelUpstream(most: 12)
        model.run(until: 20)
        #expect(model.window.value == 12)
        #expect(model.mostSessions == 12)
    }

    @Test("opens its first sessions at once, further ones a few at a time, and those that it had at once again")
    mutating func opening() {
        #expect(window.admits(beside: 4, unsettled: 4))
        #expect(window.admits(beside: 5, unsettled: 1))
        #expect(!window.admits(beside: 5, unsettled: 2))
        #expect(window.admits(beside: 48, unsettled: 2))
        #expect(!window.admits(beside: 48, unsettled: 3))
        window.opened(49)
        #expect(window.admits(beside: 48, unsettled: 48))
        #expect(!window.admits(beside: 49, unsettled: 49))
        #expect(window.exceeds(49))
        #expect(!window.exceeds(48))
        window.refused(open: 20, now: after(0))
        #expect(!window.admits(beside: 30, unsettled: 20))
    }

    @Test("learns nothing in a ramp")
    mutating func ramp() {
        for step in 0..<1000 {
            window.took(sessions: 5, mailWaits: true, isWhole: false, now: after(Double(step) / 50))
        }
        #expect(window.value == 5)
    }

    @Test("goes back to what it had when a session fails while more are tried")
    func failure() {
        var model = ModelUpstream()
        model.run(until: 0.6)
        #expect(model.window.value == 10)
        model.window.failed(now: model.now)
        #expect(model.window.value == 5)
        model.run(until: 9)
        #expect(model.window.value == 5)
        model.run(until: 30)
        #expect(model.window.value > 10)
    }

    @Test("tells of a burst of refusals once it is over, and of throughput at most once a minute")
    mutating func findings() {
        window.opened(40)
        for open in (30...39).reversed() {
            window.refused(open: open, now: after(1))
            #expect(window.takeFinding(isSettled: false, now: after(1)) == nil)
        }
        #expect(window.value == 5)
        #expect(window.takeFinding(isSettled: true, now: after(1)) == .allowed(30))
        #expect(window.takeFinding(isSettled: true, now: after(1)) == nil)
        var model = ModelUpstream(.init(capacity: 100, spread: 0.9), seed: 3)
        model.run(until: 300)
        #expect(model.findings.count <= 6)
    }

    @Test("goes on from the sessions that are open when relay.conf says auto, and has its number when it says one")
    mutating func reload() {
        var window = ConnectionWindow(most: 40, isSearched: false)
        window.replace(most: 100, isSearched: true, open: 33, now: after(0))
        #expect(window.value == 33)
        window.replace(most: 20, isSearched: true, open: 33, now: after(1))
        #expect(window.value == 20)
        window.replace(most: 60, isSearched: false, open: 20, now: after(2))
        #expect(window.value == 60)
        window.replace(most: 100, isSearched: true, open: 0, now: after(3))
        #expect(window.value == 5)
    }

    @Test("keeps what a server allows over a reload, and forgets it with another address")
    mutating func memory() {
        window.opened(20)
        window.refused(open: 3, now: after(0))
        window.replace(most: 50, isSearched: true, open: 3, now: after(1))
        #expect(window.value == 3)
        window.restart()
        #expect(window.value == 5)
        #expect(window.allowed == nil)
    }

    @Test("keeps its bounds whatever happens", arguments: (0..<30).map { UInt64($0) })
    func bounds(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let most = Int.random(in: 1...200, using: &random)
        var window = ConnectionWindow(most: most, isSearched: true)
        var now = after(0)
        for _ in 0..<1000 {
            now = now + .milliseconds(Int.random(in: 0...200, using: &random))
            switch Int.random(in: 0..<20, using: &random) {
            case 0: window.refused(open: Int.random(in: 0...most, using: &random), now: now)
            case 1: window.failed(now: now)
            case 2: window.opened(Int.random(in: 0...window.value, using: &random))
            case 3: window.grow(now: now)
            case 4: _ = window.takeFinding(isSettled: true, now: now)
            default:
                window.took(
                    sessions: Int.random(in: max(0, window.value - 1)...window.value, using: &random),
                    mailWaits: Int.random(in: 0..<50, using: &random) > 0,
                    isWhole: Int.random(in: 0..<50, using: &random) > 0, now: now)
            }
            #expect(window.value >= 1 && window.value <= most, "seed \(seed)")
            if let allowed = window.allowed { #expect(window.value <= allowed, "seed \(seed)") }
        }
    }

    @Test("finds what an upstream of any nature carries", arguments: (0..<25).map { UInt64($0) })
    func anyNature(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let milliseconds = Int.random(in: 100...1000, using: &random)
        let limit = Int.random(in: 1...120, using: &random)
        var nature = ModelUpstream.Nature(delay: .milliseconds(milliseconds), limit: limit)
        nature.opening = .milliseconds(Int.random(in: 1...200, using: &random))
        nature.spread = Double.random(in: 0...0.5, using: &random)
        if Bool.random(using: &random) { nature.capacity = Double.random(in: 20...1000, using: &random) }
        var model = ModelUpstream(nature, seed: seed)
        model.run(until: 180)
        let sessions = Double(min(limit, 100)) * 1000 / Double(milliseconds)
        let possible = min(sessions, nature.capacity ?? .infinity)
        #expect(model.rate(from: 90, to: 180) >= 0.75 * possible, "seed \(seed): \(nature)")
        #expect(model.refusals(from: 90, to: 180) <= 5, "seed \(seed): \(nature)")
    }
}
