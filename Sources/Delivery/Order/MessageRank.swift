internal import Mail
internal import Spool

/// What decides about the turn of a waiting message: its class and, within that, its flow.
struct MessageRank: Hashable, Sendable {
    let priority: Priority
    let flow: FlowKey

    /// A notice about mail gives way to mail: it waits in the last class, with the share of one user.
    init(_ priority: Priority, _ flow: FlowKey = .none) {
        self.priority = flow == .notices ? .bulk : priority
        self.flow = flow
    }

    init(_ message: borrowing SpooledMessage) { self.init(message.priority, FlowKey(of: message)) }

    init(_ message: ScheduledMessage) { self.init(message.priority, message.flow) }
}
