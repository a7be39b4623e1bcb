import Mail
import Spool
import Testing
import Upstreams

@testable import Delivery
@testable import Suppression

@Suite("Suppressed recipients in a cycle")
struct SuppressionCycleTests {
    private static let found = SuppressionMatch(
        key: SuppressionKey(SuppressionPattern(address: "r1@x")), source: .hardBounces, addedBy: nil,
        addedAt: CycleStage.received)

    private func match(_ address: Address) -> SuppressionMatch? { address.text == "r1@x" ? Self.found : nil }

    @Test("fail without an attempt, and the others go on", arguments: SuppressionAction.allCases)
    func one(action: SuppressionAction) throws {
        var cycle = CycleStage(recipients: 3).cycle
        let news = cycle.suppress(action, match)
        #expect(news.count == 1 && cycle.pending == [0, 2])
        let recipient = cycle.message.recipients[1]
        #expect(recipient.state == .failed && recipient.failureClass == .suppressed && recipient.isSettled)
        #expect(recipient.attempts == 0 && recipient.upstream == nil)
        #expect(cycle.takeUntold().failed == (action == .refuse ? [1] : []))
        let words = try #require(recipient.lastReply)
        #expect(words.hasPrefix(action == .refuse ? "550 5.1.1 " : "dropped: 550 5.1.1 "))
    }

    @Test("say who was asked, if somebody was", arguments: SuppressionAction.allCases)
    func asked(action: SuppressionAction) {
        var cycle = CycleStage(recipients: 3).cycle
        cycle.change(1) { $0.recordAttempt(by: "first", "451 4.3.0 later") }
        _ = cycle.suppress(action, match)
        #expect(cycle.message.recipients[1].attempts == 1 && cycle.message.recipients[1].upstream == "first")
    }

    @Test("change nothing if there are none")
    func none() {
        var cycle = CycleStage(recipients: 3).cycle
        let before = cycle.message
        #expect(cycle.suppress(.refuse) { _ in nil }.isEmpty)
        #expect(cycle.message == before && cycle.pending == [0, 1, 2])
    }

    @Test("all of them end the cycle", arguments: SuppressionAction.allCases)
    func all(action: SuppressionAction) {
        var stage = CycleStage(recipients: 2)
        _ = stage.suppress(action) { _ in Self.found }
        stage.exhaust()
        #expect(stage.action == "remove" && stage.states == [.failed, .failed])
    }
}

@Suite("What answers say about addresses")
struct OwnBounceTests {
    private func answer(_ recipient: Int, _ phase: OutcomePhase, taken: Bool = false) -> RecipientAnswer {
        RecipientAnswer(
            recipient: recipient, phase: phase, reply: Reply(550, nil, "no"),
            verdict: taken ? nil : Verdict(.recipient, .fail), bounce: taken ? nil : .hard)
    }

    private func kept(_ answers: [RecipientAnswer]) -> [Int] {
        answers.sparingNeighbours().filter { $0.bounce != nil }.map(\.recipient)
    }

    @Test("at RCPT each is about its own; at the dot only one alone is; before RCPT none is")
    func phases() {
        #expect(kept([answer(0, .rcpt), answer(1, .rcpt), answer(2, .dot)]) == [0, 1, 2])
        #expect(kept([answer(0, .rcpt), answer(1, .dot), answer(2, .dot)]) == [0])
        #expect(kept([answer(0, .dot), answer(1, .dot, taken: true)]) == [])
        #expect(kept([answer(0, .dot)]) == [0])
        for phase in [OutcomePhase.mail, .data] { #expect(kept([answer(0, phase)]) == []) }
    }
}
