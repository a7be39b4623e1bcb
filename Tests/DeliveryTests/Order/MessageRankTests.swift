import Mail
import Spool
import Testing

@testable import Delivery

@Suite("What decides about a message's turn")
struct MessageRankTests {
    private func message(_ priority: Priority, notice: NoticeKind? = nil) -> SpooledMessage {
        var message = SpooledMessage(
            id: QueueID(rawValue: 1), receivedAt: Timestamp(milliseconds: 1), sender: .null, body: .sevenBit,
            priority: priority, messageID: "<1@x>", origin: "test", user: "shop", size: 1,
            recipients: [Recipient(address: Address(unchecked: "a@example.org"))])
        message.notice = notice
        return message
    }

    @Test("is its class, and its flow", arguments: Priority.allCases)
    func ordinary(priority: Priority) {
        let rank = MessageRank(message(priority))
        #expect(rank.priority == priority)
        #expect(rank.flow == FlowKey(user: "shop", recipient: "a@example.org"))
    }

    @Test("notices about mail give way to mail; alerts and probes do not", arguments: NoticeKind.allCases)
    func notices(kind: NoticeKind) {
        let rank = MessageRank(message(.high, notice: kind))
        #expect(rank.priority == (NoticeKind.aboutMail.contains(kind) ? .bulk : .high))
        #expect((rank.flow == .notices) == NoticeKind.aboutMail.contains(kind))
        #expect((rank.flow == .probes) == (kind == .probe))
    }

    @Test("is the same from the schedule, before the message is read", arguments: [nil, NoticeKind.delay])
    func scheduled(kind: NoticeKind?) {
        let message = message(.normal, notice: kind)
        let scheduled = ScheduledMessage(
            id: message.id, receivedAt: message.receivedAt, dueAt: message.receivedAt, priority: .normal,
            flow: FlowKey(of: message), inDoubt: false)
        #expect(MessageRank(scheduled) == MessageRank(message))
    }

    @Test("routes begin behind the one that went last, in each class")
    func routes() {
        var turns = RouteTurns()
        #expect(turns.order(of: 3, .high) == [0, 1, 2])
        turns.went(0, .high)
        #expect(turns.order(of: 3, .high) == [1, 2, 0])
        #expect(turns.order(of: 3, .bulk) == [0, 1, 2])
        turns.went(2, .high)
        #expect(turns.order(of: 3, .high) == [0, 1, 2])
        // A reload leaves fewer of them.
        turns.went(2, .bulk)
        #expect(turns.order(of: 2, .bulk) == [1, 0])
        #expect(turns.order(of: 0, .bulk).isEmpty)
    }
}
