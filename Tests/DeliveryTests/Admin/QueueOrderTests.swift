import Mail
import Spool
import Testing

@testable import Delivery

@Suite("An operator's order about a message")
struct QueueOrderTests {
    private static let now = Timestamp(milliseconds: 9_000_000)

    private func message(_ states: [Recipient.State]) -> SpooledMessage {
        SpooledMessage(
            id: QueueID(rawValue: 1), receivedAt: Timestamp(milliseconds: 1),
            sender: ReversePath(address: Address(unchecked: "s@x")), body: .sevenBit, priority: .normal,
            messageID: "<m@x>", origin: "test", size: 1,
            recipients: states.enumerated().map { index, state in
                Recipient(
                    address: Address(unchecked: "r\(index)@x"), state: state, attempts: index,
                    nextAttemptAt: state == .held ? nil : Timestamp(milliseconds: 99_000_000),
                    failureClass: state == .failed ? .policy : nil, holdReason: state == .held ? .damaged : nil)
            })
    }

    struct Case: Sendable {
        let order: QueueOrder
        let before: Recipient.State
        let after: Recipient.State
        /// Whether it is due now.
        let isDue: Bool
        /// Nil if there is something to do.
        let reason: String?

        init(
            _ order: QueueOrder, _ before: Recipient.State, _ after: Recipient.State, due: Bool, _ reason: String? = nil
        ) {
            (self.order, self.before, self.after, isDue, self.reason) = (order, before, after, due, reason)
        }
    }

    private static let cases = [
        Case(.retry, .queued, .queued, due: true), Case(.retry, .deferred, .deferred, due: true),
        Case(.retry, .scheduled, .scheduled, due: false, "it is scheduled: release sends it now"),
        Case(.retry, .held, .held, due: false, "it is held: release it"),
        Case(.retry, .inDoubt, .inDoubt, due: false, "it is in doubt: resolve it"),
        Case(.hold, .queued, .held, due: false), Case(.hold, .deferred, .held, due: false),
        Case(.hold, .scheduled, .held, due: false),
        Case(.hold, .held, .held, due: false, "it is held already"), Case(.hold, .inDoubt, .inDoubt, due: false),
        Case(.release, .held, .queued, due: true), Case(.release, .scheduled, .queued, due: true),
        Case(.release, .queued, .queued, due: false, "it is neither held nor scheduled"),
        Case(.release, .deferred, .deferred, due: false, "it is neither held nor scheduled"),
        Case(.release, .inDoubt, .inDoubt, due: false, "it is in doubt: resolve it"),
        Case(.move(to: "b"), .queued, .queued, due: true), Case(.move(to: "b"), .deferred, .deferred, due: true),
        Case(.move(to: "b"), .held, .held, due: false, "it is held: release it"),
        Case(.move(to: "b"), .scheduled, .scheduled, due: false, "it is scheduled: release sends it now"),
        Case(.move(to: "b"), .inDoubt, .inDoubt, due: false, "it is in doubt: resolve it"),
        Case(.retry, .failed, .failed, due: false, "all its recipients are delivered or failed"),
        Case(.hold, .delivered, .delivered, due: false, "all its recipients are delivered or failed"),
    ]

    @Test("each order in each state", arguments: cases)
    func states(example: Case) {
        var message = message([example.before])
        let reason = example.order.apply(to: &message, now: Self.now)
        #expect(reason == example.reason)
        let recipient = message.recipients[0]
        #expect(recipient.state == example.after)
        #expect(
            recipient.holdReason == (example.after == .held ? (example.before == .held ? .damaged : .operator) : nil))
        let due = recipient.nextAttemptAt ?? .distantPast
        if example.after != .held { #expect((due <= Self.now) == example.isDue) }
    }

    @Test("what is held in doubt waits for its release or its resolution, whatever the policy")
    func doubt() {
        let rules = InDoubtRules(DeliverySettings())
        var message = message([.inDoubt])
        #expect(rules.dueTime(of: message.recipients[0], in: message) != nil)
        #expect(QueueOrder.hold.apply(to: &message, now: Self.now) == nil)
        #expect(rules.dueTime(of: message.recipients[0], in: message) == nil)
        #expect(QueueOrder.release.apply(to: &message, now: Self.now) == nil)
        #expect(rules.dueTime(of: message.recipients[0], in: message) != nil)
    }

    @Test("a recipient that was tried is deferred once more when it is released")
    func releasedAgain() {
        var message = message([.delivered, .held])
        #expect(QueueOrder.release.apply(to: &message, now: Self.now) == nil)
        #expect(message.recipients.map(\.state) == [.delivered, .deferred])
    }

    @Test("a dropped message leaves the spool, whatever its recipients are", arguments: Recipient.State.allCases)
    func dropped(state: Recipient.State) throws {
        let settlement = QueueOrder.drop(notify: false).settlement(of: message([state, .delivered]), now: Self.now)
        #expect(try #require(settlement).isLast)
        #expect(try #require(QueueOrder.drop(notify: false).settlement(of: message([]), now: Self.now)).isLast)
    }

    @Test("a moved message is bound to its upstream")
    func moved() throws {
        let settlement = try #require(QueueOrder.move(to: "b").settlement(of: message([.deferred]), now: Self.now))
        #expect(settlement.boundUpstream == "b" && !settlement.isLast)
    }
}
