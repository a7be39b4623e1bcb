import Mail
import Spool
import TestKit
import Testing
import Upstreams

@testable import Delivery

/// Any event may meet a cycle in any state: no recipient is ever lost, or in two places, or changed once it is final.
@Suite("A message's cycle: invariants")
struct MessageCyclePropertyTests {
    private struct Walk {
        var stage: CycleStage
        var random: SeededGenerator
        var upstream = 0
        var isOver = false
        let upstreams: Int

        init(seed: UInt64) {
            random = SeededGenerator(seed: seed)
            upstreams = Int.random(in: 1...3, using: &random)
            stage = CycleStage(
                recipients: Int.random(in: 1...4, using: &random), upstreams: upstreams,
                only: Bool.random(using: &random) ? nil : [Int.random(in: 0..<upstreams, using: &random)],
                asksSecondOpinion: Int.random(in: 0..<4, using: &random) > 0,
                failsOverOnReject: Bool.random(using: &random), doubtAt: Bool.random(using: &random) ? 0 : nil)
        }

        /// One event that is possible now.
        mutating func step() {
            let left = stage.cycle.candidates.filter { !stage.cycle.tried.contains($0) }
            guard let next = left.randomElement(using: &random) else {
                stage.exhaust()
                return follow()
            }
            upstream = next
            switch Int.random(in: 0..<10, using: &random) {
            case 0: return stage.unreachable(upstream)
            case 1: stage.cannotCarry(at: upstream, .incapable)
            case 2: stage.cannotCarry(at: upstream, .cameFrom)
            default: transaction()
            }
            follow()
        }

        private mutating func transaction() {
            stage.start(at: upstream, taking: Int.random(in: 1...4, using: &random))
            switch Int.random(in: 0..<8, using: &random) {
            case 0: stage.loseSession(at: upstream, afterDot: false, mayStay: Bool.random(using: &random))
            case 1:
                // Not all of them: one must have sent its dot.
                let refused = [Answer.known, .unknown, .elsewhere].shuffled(using: &random)
                let count = Int.random(in: 0..<max(1, min(3, stage.cycle.pending.count)), using: &random)
                stage.loseSession(at: upstream, afterDot: true, refused: Array(refused.prefix(count)))
            default: stage.finish(at: upstream, answers(), mayStay: Bool.random(using: &random))
            }
        }

        /// As a server gives them: one for all at MAIL, DATA and the dot.
        private mutating func answers() -> [Answer] {
            let common = [Answer.taken, .content, .unknownAtDot, .later].randomElement(using: &random)!
            if Int.random(in: 0..<6, using: &random) == 0 {
                return [[Answer.slower, .unknownAtMail].randomElement(using: &random)!]
            }
            return stage.cycle.pending.map { _ in
                Bool.random(using: &random)
                    ? common : [Answer.known, .unknown, .elsewhere, .tooMany].randomElement(using: &random)!
            }
        }

        private mutating func follow() {
            switch stage.last?.action {
            case .remove, .requeue: isOver = true
            case .tryNext, .sameUpstreamAgain, nil: break
            }
        }
    }

    @Test("keeps every recipient in one place, and ends")
    func walks() {
        for seed in 1...20_000 as ClosedRange<UInt64> {
            var walk = Walk(seed: seed)
            var steps = 0
            while !walk.isOver {
                let before = walk.stage.cycle
                walk.step()
                steps += 1
                guard check(walk.stage, before, isOver: walk.isOver, seed), steps < 50 else { return }
            }
        }
    }

    private func check(_ stage: CycleStage, _ before: MessageCycle, isOver: Bool, _ seed: UInt64) -> Bool {
        let cycle = stage.cycle
        let places = cycle.pending + cycle.rest + cycle.leftOver + cycle.postponed
        var problems: [String] = []
        if Set(places).count != places.count { problems.append("in two places: \(places)") }
        for (index, recipient) in cycle.message.recipients.enumerated() {
            let old = before.message.recipients[index]
            if old.isFinal, old != recipient { problems.append("changed after the end: \(old)") }
            let isPlaced = places.contains(index)
            if recipient.isFinal, isPlaced { problems.append("final, and has a place: \(recipient)") }
            if !isOver, !isPlaced, recipient.state == .queued || recipient.state == .deferred {
                problems.append("lost: \(recipient)")
            }
            if isOver, recipient.state == .queued { problems.append("never looked at: \(recipient)") }
        }
        switch stage.last?.action {
        case .tryNext, .sameUpstreamAgain:
            if cycle.pending.isEmpty { problems.append("nothing to hand over") }
        case .remove:
            if !stage.states.allSatisfy({ $0 == .delivered || $0 == .failed }) {
                problems.append("removed: \(stage.states)")
            }
        case .requeue:
            if !places.isEmpty { problems.append("waits with \(places)") }
            if stage.states.allSatisfy({ $0 == .delivered || $0 == .failed }) { problems.append("waits for nobody") }
            let waits = cycle.message.recipients.contains { !$0.isFinal }
            if waits, stage.plan.nextDue(of: cycle.message) == nil { problems.append("waits for nothing") }
        case nil: break
        }
        #expect(problems.isEmpty, "seed \(seed): \(problems)")
        return problems.isEmpty
    }
}
