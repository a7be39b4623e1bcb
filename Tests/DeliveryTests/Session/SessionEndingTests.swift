import SMTP
import Testing

@testable import Delivery

@Suite("What the end of a session means")
struct SessionEndingTests {
    private func ending(
        _ fault: SessionFailure.Fault, isGreeted: Bool = true, started: Int = 1, isWanted: Bool = true,
        isCrowd: Bool = false
    ) -> SessionEnding {
        SessionEnding(
            SessionFailure(.closed, at: .mail, fault: fault), isGreeted: isGreeted, started: started,
            isWanted: isWanted, isCrowd: isCrowd)
    }

    @Test("what was our fault leaves the mail untried, and nobody is blamed")
    func ours() {
        #expect(ending(.ours).fate == .untried)
        #expect(!ending(.ours).isFailure(losesMail: true))
    }

    @Test("a session that worked and ended behind a result costs a message another session, and nobody is blamed")
    func worked() {
        #expect(ending(.nobody).fate == .newSession)
        #expect(!ending(.nobody).isFailure(losesMail: false))
    }

    @Test("a session too many costs nothing but the session", arguments: [SessionFailure.Fault.upstream, .account])
    func crowd(fault: SessionFailure.Fault) {
        let ending = ending(fault, isGreeted: false, started: 0, isCrowd: true)
        #expect(ending.fate == .anotherSession)
        #expect(!ending.isFailure(losesMail: true))
    }

    @Test("a session that an answered message has used up costs nobody anything")
    func spent() {
        #expect(ending(.spent).fate == .newSession)
        #expect(!ending(.spent, started: 0).isFailure(losesMail: true))
    }

    @Test("where pipelined commands may have been dropped, mail leaves if it can, and the upstream is not blamed")
    func pipelining() {
        #expect(ending(.pipelining).fate == .moveOnOrNewSession)
        #expect(!ending(.pipelining).isFailure(losesMail: true))
    }

    @Test("an envelope with too many recipients goes in a new session, and nobody is blamed")
    func recipients() {
        let ending = ending(.recipients(answered: 20, of: 100))
        #expect(ending.fate == .newSession)
        #expect(!ending.isFailure(losesMail: true))
    }

    @Test("a refused account is a failure with or without mail")
    func account() {
        #expect(ending(.account).fate == .moveOn)
        #expect(ending(.account).isFailure(losesMail: false))
    }

    @Test("an upstream that ends a session is blamed for lost mail, and for a session that was wanted and of no use")
    func upstream() {
        #expect(ending(.upstream).fate == .moveOn)
        #expect(ending(.upstream).isFailure(losesMail: true))
        #expect(!ending(.upstream).isFailure(losesMail: false))
        #expect(ending(.upstream, started: 0).isFailure(losesMail: false))
        #expect(!ending(.upstream, started: 0, isWanted: false).isFailure(losesMail: false))
        #expect(ending(.upstream, isGreeted: false, started: 0, isWanted: false).isFailure(losesMail: false))
    }
}
