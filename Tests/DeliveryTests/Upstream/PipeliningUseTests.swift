import Testing
import Upstreams

@testable import Delivery

@Suite("Whether sessions pipeline")
struct PipeliningUseTests {
    private let start = MonotonicInstant.longAgo

    @Test("never if the operator says so, always while nothing speaks against it")
    func settings() {
        var (off, auto) = (PipeliningUse(.off), PipeliningUse(.auto))
        for _ in 0..<3 {
            #expect(off.nextSession(now: start) == false)
            #expect(auto.nextSession(now: start) == true)
        }
        #expect(off.fellSilent(now: start) == false)
        #expect(!off.isSuspended)
        auto.worked()
        #expect(!auto.isSuspended)
    }

    @Test("after a silence in lock-step for a minute, and then one session tries")
    func trial() {
        var use = PipeliningUse(.auto)
        #expect(use.fellSilent(now: start) == true)
        // Those that began before fall silent, too, or work: neither is news.
        #expect(use.fellSilent(now: start + .seconds(1)) == false)
        use.worked()
        #expect(use.isSuspended)
        #expect(use.nextSession(now: start + .milliseconds(59_999)) == false)
        let trial = start + .seconds(60)
        #expect(use.nextSession(now: trial) == true)
        #expect(use.nextSession(now: trial) == false)
        use.worked()
        #expect(!use.isSuspended)
        #expect(use.nextSession(now: trial) == true)
    }

    @Test("each further silence doubles the time, up to a day; success starts anew")
    func doubling() {
        var (use, now) = (PipeliningUse(.auto), start)
        for minutes in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1440, 1440] {
            #expect(use.fellSilent(now: now) == true)
            #expect(use.nextSession(now: now + .seconds(minutes * 60 - 1)) == false)
            now = now + .seconds(minutes * 60)
            #expect(use.nextSession(now: now) == true)
        }
        use.worked()
        #expect(use.fellSilent(now: now) == true)
        #expect(use.nextSession(now: now + .seconds(60)) == true)
    }

    @Test("a trial that comes to nothing is followed by another one")
    func lostTrial() {
        var use = PipeliningUse(.auto)
        _ = use.fellSilent(now: start)
        #expect(use.nextSession(now: start + .seconds(60)) == true)
        #expect(use.nextSession(now: start + .seconds(119)) == false)
        #expect(use.nextSession(now: start + .seconds(120)) == true)
    }
}
