import Testing
import Upstreams

@testable import Delivery

@Suite("Whether sessions pipeline")
struct PipeliningUseTests {
    private final class Session {}

    private let start = MonotonicInstant.longAgo
    private let first = Session()
    private let second = Session()
    private var use = PipeliningUse(.auto)

    private mutating func isUsed(by session: Session, at seconds: Double = 0, awaitsCheck: Bool = false) -> Bool {
        use.isUsed(by: session, now: start + .seconds(seconds), awaitsCheck: awaitsCheck)
    }

    private mutating func fallsSilent(at seconds: Double = 0) -> Bool {
        use.fellSilent(now: start + .seconds(seconds))
    }

    private mutating func failsCheck(at seconds: Double = 0) -> Bool {
        use.failedCheck(now: start + .seconds(seconds))
    }

    @Test("never if the operator says so")
    mutating func never() {
        use = PipeliningUse(.off)
        #expect(!use.isAllowed)
        #expect(!isUsed(by: first))
        use.passedCheck()
        use.worked()
        #expect(!isUsed(by: first))
        #expect(!fallsSilent() && !failsCheck())
        #expect(!use.isSuspended)
    }

    @Test("none before the first health check has told, then all")
    mutating func passedCheck() {
        #expect(use.isAllowed)
        #expect(!isUsed(by: first, awaitsCheck: true))
        use.passedCheck()
        #expect(isUsed(by: first, awaitsCheck: true) && isUsed(by: second))
        #expect(!use.isSuspended)
    }

    @Test("a check that finds commands dropped keeps all in lock-step, and each further one for a minute more")
    mutating func failedCheck() {
        #expect(failsCheck())
        #expect(use.isSuspended)
        #expect(!failsCheck(at: 50))
        #expect(!isUsed(by: first, at: 109))
        #expect(isUsed(by: first, at: 110))
    }

    @Test("after a silence under mail no check brings it back")
    mutating func onlyMail() {
        #expect(isUsed(by: first))
        #expect(fallsSilent())
        use.passedCheck()
        #expect(use.isSuspended && !isUsed(by: first, at: 59))
    }

    @Test("without a check one session tries, and all follow when it has been answered")
    mutating func firstTrial() {
        #expect(isUsed(by: first))
        #expect(!isUsed(by: second))
        #expect(isUsed(by: first))
        #expect(!use.isSuspended)
        use.worked()
        #expect(isUsed(by: second))
    }

    @Test("after a silence in lock-step for a minute, and then one session tries")
    mutating func trial() {
        use.passedCheck()
        #expect(fallsSilent())
        // Those that began before fall silent, too, or work: neither is news.
        #expect(!fallsSilent(at: 1))
        use.worked()
        #expect(use.isSuspended)
        #expect(!isUsed(by: first, at: 59.999))
        #expect(isUsed(by: first, at: 60))
        #expect(!isUsed(by: second, at: 60))
        use.worked()
        #expect(!use.isSuspended)
        #expect(isUsed(by: second, at: 60))
    }

    @Test("each further silence doubles the time, up to a day; success starts anew")
    mutating func doubling() {
        var now = 0.0
        #expect(isUsed(by: first))
        for minutes in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1440, 1440] {
            #expect(fallsSilent(at: now))
            #expect(!isUsed(by: first, at: now + Double(minutes * 60 - 1)))
            now += Double(minutes * 60)
            #expect(isUsed(by: first, at: now))
        }
        use.worked()
        #expect(fallsSilent(at: now))
        #expect(isUsed(by: first, at: now + 60))
    }

    @Test("a trial that comes to nothing is followed by another one")
    mutating func lostTrial() {
        #expect(isUsed(by: first))
        #expect(!isUsed(by: second, at: 59))
        #expect(isUsed(by: second, at: 60))
        #expect(!isUsed(by: first, at: 60))
    }
}
