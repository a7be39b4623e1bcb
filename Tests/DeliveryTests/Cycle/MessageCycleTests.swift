import Mail
import Spool
import Testing
import Upstreams

@testable import Delivery

@Suite("A message's cycle")
struct MessageCycleTests {
    struct Fate: CustomStringConvertible {
        let answer: Answer
        let upstreams: Int
        let state: Recipient.State
        let action: String

        init(_ answer: Answer, _ upstreams: Int, _ state: Recipient.State, _ action: String) {
            self.answer = answer
            self.upstreams = upstreams
            self.state = state
            self.action = action
        }

        var description: String {
            "\(answer.reply.code) at \(answer.phase.rawValue), \(upstreams) upstreams -> \(state), \(action)"
        }
    }

    @Test(
        "the outcome for one recipient with each answer",
        arguments: [
            Fate(.taken, 1, .delivered, "remove"), Fate(.taken, 2, .delivered, "remove"),
            Fate(.known, 1, .failed, "remove"), Fate(.known, 2, .failed, "remove"),
            Fate(.content, 1, .failed, "remove"), Fate(.content, 2, .failed, "remove"),
            Fate(.unknown, 1, .failed, "remove"), Fate(.unknown, 2, .deferred, "next"),
            Fate(.unknownAtDot, 1, .failed, "remove"), Fate(.unknownAtDot, 2, .deferred, "next"),
            Fate(.unknownAtMail, 1, .failed, "remove"), Fate(.unknownAtMail, 2, .deferred, "next"),
            Fate(.elsewhere, 1, .deferred, "next"), Fate(.elsewhere, 2, .deferred, "next"),
            Fate(.slower, 1, .deferred, "next"), Fate(.slower, 2, .deferred, "next"),
            Fate(.later, 1, .deferred, "wait"), Fate(.later, 2, .deferred, "wait"),
            Fate(.tooMany, 1, .deferred, "next"), Fate(.tooMany, 2, .deferred, "next"),
        ])
    func fates(fate: Fate) {
        var stage = CycleStage(upstreams: fate.upstreams)
        stage.answer(at: 0, fate.answer)
        #expect(stage.states == [fate.state])
        #expect(stage.action == fate.action)
        #expect(stage.cycle.message.recipients[0].attempts == 1)
        #expect(stage.last?.attempts.isEmpty == false)
    }

    @Test(
        "one refusal for all behind those that were taken is a limit, and they go in the next transaction",
        arguments: [Answer.unknown, .elsewhere], [(2, 2), (2, 5), (3, 1), (5, 1)])
    func supposedLimit(answer: Answer, counts: (taken: Int, refused: Int)) {
        let all = counts.taken + counts.refused
        var stage = CycleStage(recipients: all)
        stage.start(at: 0)
        stage.finish(at: 0, (0..<all).map { $0 < counts.taken ? .taken : answer })
        #expect(stage.action == "again")
        #expect(stage.cycle.pending == Array(counts.taken..<all))
        stage.answer(at: 0, .taken)
        #expect(stage.states == [Recipient.State](repeating: .delivered, count: all))
    }

    @Test("a limit that was supposed and is none asks for a second opinion in the next transaction")
    func noLimit() {
        var stage = CycleStage(recipients: 5)
        stage.start(at: 0)
        stage.finish(at: 0, [.taken, .taken, .taken, .unknown, .unknown])
        stage.answer(at: 0, .unknown)
        #expect(stage.action == "next")
        stage.answer(at: 1, .unknown)
        #expect(stage.states == [.delivered, .delivered, .delivered, .failed, .failed])
    }

    @Test(
        "refusals that differ, that a rule knows, or that are between others are no limit",
        arguments: [
            [Answer.taken, .taken, .known, .known], [.taken, .unknown, .taken, .unknown],
            [.taken, .taken, .unknown, Answer(.rcpt, 553, Verdict(.recipient, .secondOpinion))],
            [.taken, .unknown, .unknown, .unknown], [.taken, .taken, .unknown],
        ])
    func noShapeOfLimit(answers: [Answer]) {
        var stage = CycleStage(recipients: answers.count)
        stage.start(at: 0)
        stage.finish(at: 0, answers)
        #expect(stage.action != "again")
    }

    @Test("a sender refused for no known cause fails nobody, and whoever takes the message refutes it")
    func senderRefused() {
        var stage = CycleStage(upstreams: 3)
        stage.answer(at: 0, .sender)
        #expect(stage.action == "next")
        stage.answer(at: 1, .sender)
        stage.answer(at: 2, .taken)
        #expect(stage.judged == ["u0 refuted by u2", "u1 refuted by u2"])
        stage = CycleStage(upstreams: 2)
        stage.answer(at: 0, .sender)
        stage.answer(at: 1, .sender)
        stage.exhaust()
        #expect(stage.states == [.deferred])
        #expect(stage.judged.isEmpty)
    }

    @Test("two unexplained refusals make one that counts, whatever the second one's kind")
    func confirmed() {
        for second in [Answer.unknown, .unknownAtDot, .unknownAtMail, .known, .content] {
            var stage = CycleStage(upstreams: 3)
            stage.answer(at: 0, .unknown)
            stage.answer(at: 1, second)
            #expect(stage.states == [.failed])
            #expect(
                stage.judged == ["u0 confirmed by u1"] + (second.verdict?.action == .fail ? [] : ["u1 confirmed by u1"])
            )
        }
    }

    @Test("a refusal that another upstream refutes is reported, and the message is delivered")
    func refuted() {
        var stage = CycleStage()
        stage.answer(at: 0, .unknown)
        stage.answer(at: 1, .taken)
        #expect(stage.action == "remove")
        #expect(stage.judged == ["u0 refuted by u1"])
    }

    @Test("a disabled upstream has no opinion")
    func switchedOff() {
        var stage = CycleStage()
        stage.enabled = UpstreamSet([0])
        stage.answer(at: 0, .unknown)
        #expect(stage.states == [.failed])
    }

    @Test("temporary wording is not a refusal")
    func passing() {
        let verdict = Verdict(.message, .secondOpinion, isPassing: true)
        let passing = Answer(.dot, 550, verdict)
        var stage = CycleStage(upstreams: 1)
        stage.answer(at: 0, passing)
        #expect(stage.states == [.deferred])
        stage.exhaust()
        #expect(stage.states == [.deferred])
        var both = CycleStage()
        both.answer(at: 0, passing)
        both.answer(at: 1, passing)
        #expect(both.states == [.deferred])
        var routeWithout = CycleStage(asksSecondOpinion: false)
        routeWithout.answer(at: 0, passing)
        #expect(routeWithout.states == [.deferred] && routeWithout.action == "wait")
    }

    @Test("an unconfirmed refusal waits for whichever upstream comes back, and is evidence after three cycles")
    func impasse() {
        let since = CycleStage.received + .seconds(-700)
        for (count, isFinal) in [(1, false), (2, true)] {
            var stage = CycleStage(impasse: Impasse(count: count, since: since, last: since))
            stage.answer(at: 0, .unknown)
            stage.unreachable(1)
            stage.exhaust()
            #expect(stage.states == [isFinal ? .failed : .deferred])
            if !isFinal { #expect(stage.action == "wait for any") }
        }
    }

    @Test("what no upstream can carry fails after three cycles in ten minutes confirmed by new sessions")
    func incapable() {
        let now = CycleStage.received
        for (count, since, session, isFinal) in [
            (2, now + .seconds(-600), now, true), (2, now + .seconds(-599), now, false),
            (1, now + .seconds(-600), now, false), (2, now + .seconds(-600), now + .seconds(-5), false),
        ] {
            var stage = CycleStage(impasse: Impasse(count: count, since: since, last: now + .seconds(-5)))
            stage.cannotCarry(at: 0, .incapable, sessionBegan: session)
            stage.cannotCarry(at: 1, .incapable, sessionBegan: session)
            stage.exhaust()
            #expect(stage.states == [isFinal ? .failed : .deferred])
            #expect(stage.cycle.message.recipients[0].lastReply == "not sent: 552 5.3.4 too large")
        }
    }

    @Test("one upstream that was not asked may carry it: no evidence")
    func mayCarry() {
        let since = CycleStage.received + .seconds(-9999)
        var stage = CycleStage(impasse: Impasse(count: 9, since: since, last: since))
        stage.cannotCarry(at: 0, .incapable)
        stage.unreachable(1)
        stage.exhaust()
        #expect(stage.states == [.deferred])
        #expect(stage.action == "wait for recovery")
    }

    @Test("a message goes back to no upstream that it came from, and never fails for that")
    func cameFrom() {
        let since = CycleStage.received + .seconds(-9999)
        var stage = CycleStage(impasse: Impasse(count: 9, since: since, last: since))
        stage.cannotCarry(at: 1, .cameFrom)
        #expect(stage.action == "next")
        stage.unreachable(0)
        stage.exhaust()
        #expect(stage.states == [.deferred])
        #expect(stage.action == "wait for recovery")
    }

    @Test("a doubt stays one whatever the result of a later attempt, except an answer about the recipient")
    func doubts() {
        for (answer, state) in [
            (Answer.elsewhere, Recipient.State.inDoubt), (.later, .inDoubt), (.slower, .inDoubt), (.unknown, .inDoubt),
            (.known, .failed), (.taken, .delivered),
        ] {
            var stage = CycleStage(only: [0], doubtAt: 0)
            stage.answer(at: 0, answer)
            if stage.action == "next" { stage.exhaust() }
            #expect(stage.states == [state], "\(answer)")
        }
    }

    @Test("recipients beyond the limit of a transaction stay with the upstream, if it accepts more")
    func nextTransaction() {
        var stage = CycleStage(recipients: 3)
        stage.answer(at: 0, .taken, .tooMany, .tooMany)
        #expect(stage.action == "again")
        #expect(stage.cycle.pending == [1, 2])
        var other = CycleStage(recipients: 3)
        other.answer(at: 0, .taken, .tooMany, .tooMany, mayStay: false)
        #expect(other.action == "next")
        #expect(other.cycle.pending == [1, 2])
    }

    @Test("replies before the first recipient apply to later transactions")
    func common() {
        var stage = CycleStage(recipients: 2, upstreams: 1)
        stage.start(at: 0, taking: 1)
        stage.finish(at: 0, [.unknownAtMail])
        #expect(stage.states == [.failed, .failed])
    }

    @Test("an expired recipient fails at the end of its cycle, with the last reason")
    func expired() {
        var stage = CycleStage(expireAfter: .seconds(10))
        stage.now = CycleStage.received + .seconds(10)
        stage.answer(at: 0, .elsewhere)
        stage.exhaust()
        #expect(stage.states == [.failed])
        #expect(stage.cycle.message.recipients[0].lastReply == "expired; last: 450 said at rcpt")
    }
}

extension CycleStage {
    /// The last step's news about refusals.
    var judged: [String] {
        ((last?.news ?? []) + (last?.ending ?? [])).compactMap { news in
            guard case .judged(let opinion, _, let judge, let isConfirmed) = news else { return nil }
            return "u\(opinion.upstream) \(isConfirmed ? "confirmed" : "refuted") by u\(judge)"
        }
    }
}
