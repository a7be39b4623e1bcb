import Mail
import NIOCore
import Spool
import TestKit

@testable import Delivery

/// Whether operators' orders do what their answers say.
extension Oracle {
    /// An order that has not been answered.
    struct Order {
        let order: QueueOrder
        let ids: Set<QueueID>
        /// Messages that it shares with another order.
        var shared: Set<QueueID> = []
        /// How often orders had changed its messages before.
        let changes: [QueueID: Int]
    }

    func orderGiven(_ order: QueueOrder, _ ids: [QueueID]) -> Int {
        var new = Order(order: order, ids: Set(ids), changes: changesByOrder)
        for (number, other) in orders {
            let shared = other.ids.intersection(new.ids)
            orders[number]?.shared.formUnion(shared)
            new.shared.formUnion(shared)
        }
        lastOrder += 1
        orders[lastOrder] = new
        for id in ids { permit(order, id) }
        return lastOrder
    }

    private func permit(_ order: QueueOrder, _ id: QueueID) {
        switch order {
        case .drop, .withdraw: mayBeDropped.insert(id)
        case .move(let name): permit(name, id)
        case .retry, .hold, .release: break
        }
    }

    /// The relay has died: what it had been ordered was done or not.
    func ordersForgotten() { orders = [:] }

    func orderEnded(_ number: Int) { orders[number] = nil }

    /// Whether a change of a waiting message is about its deadline: no order warns or expires anybody.
    func isOverdue(_ settlement: Settlement, _ message: SpooledMessage) -> Bool {
        zip(settlement.recipients, message.recipients).contains {
            $0.wasWarned && !$1.wasWarned || $0.failureClass == .expired && $1.failureClass == nil
        }
    }

    /// An order has become durable for a message, together with these notices.
    func ordered(_ settlement: Settlement, _ notices: [SpoolContents.Notice]) {
        changesByOrder[settlement.id, default: 0] += 1
        if settlement.isDropped, !mayBeDropped.contains(settlement.id) {
            problem("message \(settlement.id) is dropped, and nobody ordered it")
        }
        heldDoubts[settlement.id] = Set(
            settlement.recipients.indices.filter { settlement.recipients[$0].resolution == .hold })
        let those = orders.values.filter {
            $0.ids.contains(settlement.id) && $0.order.removes == settlement.isDropped
        }
        if let name = settlement.boundUpstream, those.contains(where: { $0.order == .move(to: name) }) {
            moved(settlement.id, name, settlement.recipients)
        }
        if let order = those.first, those.count == 1, !does(order.order, settlement) {
            problem("\(order.order) of message \(settlement.id) makes it \(settlement)")
        }
        settled(settlement.id, settlement.recipients, notices: notices, by: those.map(\.order))
    }

    /// Whether an order does to every recipient of a message what it says.
    private func does(_ order: QueueOrder, _ settlement: Settlement) -> Bool {
        let waiting = settlement.recipients.filter { !$0.isFinal }
        // The order was given a moment before; a recipient released or queued has no time of its own.
        let areDue = waiting.allSatisfy { recipient in
            recipient.state == .inDoubt || recipient.state == .held
                || recipient.nextAttemptAt.map { $0 <= present } ?? true
        }
        return switch order {
        case .retry: areDue
        case .hold: waiting.allSatisfy { $0.state == .held || $0.resolution == .hold }
        case .release: waiting.allSatisfy { $0.state != .held && $0.state != .scheduled && $0.resolution != .hold }
        case .drop, .withdraw: settlement.isDropped && waiting.isEmpty
        case .move(let name): settlement.boundUpstream == name && areDue
        }
    }

    /// - Parameter durable: the message by what is durable; nil if it is not in the spool.
    func orderAnswered(_ number: Int, _ id: QueueID, _ result: QueueOrderResult, _ durable: SpooledMessage?) {
        guard let order = orders[number] else { return }
        checkChanges(order, id, result)
        if case .unchanged = result, order.order == .hold, !order.shared.contains(id), let durable, isLoose(durable) {
            problem("message \(id) is to be held, and nothing is done about \(durable.recipients.map(\.state))")
        }
        guard result.isDone else { return }
        guard let durable else {
            if order.order.removes { return }
            let isGone = index[id].map { messages[$0].isGone } ?? false
            if !isGone { problem("\(order.order) of message \(id) is done, and it is not in the spool") }
            return
        }
        // What is held stays so; everything else may be under way again by now.
        switch order.order {
        case .hold:
            guard !order.shared.contains(id) else { return }
            if isLoose(durable) || durable.openAttempt != nil {
                problem("message \(id) is to be held, and is \(durable.recipients.map(\.state))")
            }
        case .drop, .withdraw: problem("message \(id) is dropped, and still in the spool")
        case .release:
            let isHeld = durable.recipients.contains { $0.state == .held || $0.resolution == .hold }
            if isHeld, !order.shared.contains(id) { problem("message \(id) is released, and still held") }
        case .retry, .move: break
        }
    }

    /// Whether part of it is not held.
    private func isLoose(_ message: SpooledMessage) -> Bool {
        message.recipients.contains { !$0.isFinal && $0.state != .held && $0.resolution != .hold }
    }

    private func checkChanges(_ order: Order, _ id: QueueID, _ result: QueueOrderResult) {
        guard !order.shared.contains(id) else { return }
        let changes = changesByOrder[id, default: 0] - order.changes[id, default: 0]
        switch result {
        case .done where changes != 1, .doneAndTold where changes != 1:
            problem("\(order.order) of message \(id) is done, \(changes) times")
        case .unchanged where changes != 0, .missing where changes != 0, .ended where changes != 0,
            .busy where changes != 0,
            .unrecorded where changes != 0, .stopping where changes != 0:
            problem("\(order.order) of message \(id) is answered with \(result), and has changed it")
        case .done, .doneAndTold, .unchanged, .missing, .ended, .busy, .unrecorded, .stopping: break
        }
    }
}
