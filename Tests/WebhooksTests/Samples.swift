import Mail
import Spool

@testable import Webhooks

extension Recipient {
    static func sample(
        _ address: String = "b@example.net", _ state: State = .queued, reply: String? = nil,
        failureClass: FailureClass? = nil, due: Int64? = nil
    ) -> Recipient {
        Recipient(
            address: Address(unchecked: address), state: state, attempts: state == .queued ? 0 : 2,
            nextAttemptAt: due.map { Timestamp(milliseconds: $0) }, upstream: state == .queued ? nil : "ses",
            lastReply: reply, failureClass: failureClass)
    }
}

extension OutboxCause {
    /// A message whose recipients change.
    static func sample(
        _ before: [Recipient], _ after: [Recipient], cycles: Int = 0, dropped: Set<Int> = [], user: String? = nil,
        sender: String? = "a@example.org", messageID: String = "<1@example.org>", notice: NoticeKind? = nil
    ) -> OutboxCause {
        var message = SpooledMessage(
            id: QueueID(rawValue: 42), receivedAt: Timestamp(milliseconds: 1),
            sender: ReversePath(address: sender.map(Address.init(unchecked:))), body: .sevenBit, priority: .normal,
            messageID: messageID, origin: "client", user: user, size: 10, recipients: before)
        message.notice = notice
        return OutboxCause(
            message: message, recipients: after, cycles: cycles, dropped: dropped,
            at: Timestamp(milliseconds: 1_795_000_000_123))
    }
}

extension OutboxPage {
    /// What an outbox with these events would read.
    func select(from entries: [OutboxEntry]) -> [OutboxEntry] {
        let wanted = entries.filter { entry in
            entry.number > after && !entry.isDead && (message.map { $0 == entry.message } ?? true)
        }
        return Array(wanted.sorted { $0.number < $1.number }.prefix(limit))
    }
}

extension OutboxEntry {
    static func sample(
        _ number: Int, of message: Int64 = 0, at: Int64 = 0, retryFrom: Int64? = nil, attempts: Int = 0,
        notBefore: Int64 = 0
    ) -> OutboxEntry {
        OutboxEntry(
            number: number, webhook: "app", message: QueueID(rawValue: message == 0 ? Int64(number) : message),
            at: Timestamp(milliseconds: at), retryFrom: retryFrom.map { Timestamp(milliseconds: $0) },
            attempts: attempts, notBefore: Timestamp(milliseconds: notBefore),
            payload: Array("{\"number\":\(number)}".utf8))
    }
}
