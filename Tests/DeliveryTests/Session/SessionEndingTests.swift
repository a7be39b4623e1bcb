import SMTP
import Testing

@testable import Delivery

@Suite("What the end of a session means")
struct SessionEndingTests {
    private func ending(
        _ fault: SessionFailure.Fault, isGreeted: Bool = true, started: Int = 1, isWanted: Bool = true
    ) -> SessionEnding {
        SessionEnding(
            SessionFailure(.closed, at: .mail, fault: fault), isGreeted: isGreeted, started: started, isWanted: isWanted
        )
    }

    @Test("what was our fault leaves the mail untried, and nobody is blamed")
    func ours() {
        #expect(ending(.ours).fate(hasMetStaleSession: false) == .untried)
        #expect(!ending(.ours).isFailure(losesMail: true))
    }

    @Test("a session that went stale costs a message one more session, and only then the upstream its name")
    func stale() {
        #expect(ending(.nobody).fate(hasMetStaleSession: false) == .again)
        #expect(ending(.nobody).fate(hasMetStaleSession: true) == .moveOn)
        #expect(!ending(.nobody).isFailure(losesMail: false))
        #expect(ending(.nobody).isFailure(losesMail: true))
    }

    @Test("a refused account is a failure with or without mail")
    func account() {
        #expect(ending(.account).fate(hasMetStaleSession: false) == .moveOn)
        #expect(ending(.account).isFailure(losesMail: false))
    }

    @Test("an upstream that ends a session is blamed for lost mail, and for a session that was wanted and of no use")
    func upstream() {
        #expect(ending(.upstream).fate(hasMetStaleSession: false) == .moveOn)
        #expect(ending(.upstream).isFailure(losesMail: true))
        #expect(!ending(.upstream).isFailure(losesMail: false))
        #expect(ending(.upstream, started: 0).isFailure(losesMail: false))
        #expect(!ending(.upstream, started: 0, isWanted: false).isFailure(losesMail: false))
        #expect(ending(.upstream, isGreeted: false, started: 0, isWanted: false).isFailure(losesMail: false))
    }
}
