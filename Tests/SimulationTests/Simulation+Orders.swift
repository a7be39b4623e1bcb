import Mail
import NIOCore
import Spool
import TestKit

@testable import Delivery

/// Operators' orders about messages.
extension Simulation {
    func give(_ planned: PlannedOrder) {
        let known = oracle.messages.filter(\.isDurable).map(\.id)
        give(planned, about: known.filter { _ in chance.percent(planned.share) })
    }

    func give(_ planned: PlannedOrder, about ids: [QueueID]) {
        guard let life, !ids.isEmpty else { return }
        trace.note { "an operator: \(planned.order) \(ids), waits \(planned.wait)" }
        let number = oracle.orderGiven(planned.order, ids)
        let bound = NIOLoopBound((self, life.loop), eventLoop: life.loop)
        life.dispatcher.orders.order(planned.order, ids, wait: .nanoseconds(planned.wait.nanoseconds))
            .whenSuccess { results in
                let (simulation, loop) = bound.value
                // Of a relay that has died, nobody has heard it.
                guard simulation.life?.loop === loop else { return }
                simulation.answered(number, planned, ids, results)
            }
    }

    private func answered(
        _ number: Int, _ planned: PlannedOrder, _ ids: [QueueID], _ results: [QueueOrderResult]
    ) {
        trace.note { "the answer to the operator: \(results)" }
        guard results.count == ids.count else { return oracle.problem("\(results.count) answers about \(ids.count)") }
        for (id, result) in zip(ids, results) {
            oracle.orderAnswered(number, id, result, disk.messages[id]?.message)
        }
        oracle.orderEnded(number)
        if planned.isFatal, timeline.now <= plan.end.nanoseconds {
            // In a step of its own: this one is in the midst of the relay's work.
            timeline.at(timeline.now) { [unowned self] in
                if life != nil { die(isPowerCut: chance.percent(50), downtime: .milliseconds(500)) }
            }
        }
    }

    /// What operators hold is released in the end.
    func releaseHeld() {
        let held = disk.messages.values.map(\.message).filter { message in
            message.recipients.contains { $0.state == .held || $0.resolution == .hold }
        }
        give(PlannedOrder(.release), about: held.map(\.id).sorted())
    }
}
