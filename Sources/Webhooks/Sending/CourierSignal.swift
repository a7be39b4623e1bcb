internal import Mail
internal import Spool

/// What the courier's children, its timer and others report to it.
enum CourierSignal: Sendable {
    case replaced([WebhookSettings])
    case woken(Set<String>)
    case restarted(String)
    /// A page of the outbox; nil if it could not be read.
    case loaded(String, [OutboxEntry]?, OutboxPage)
    case answered(String, Int, WebhookAnswer)
    /// - count: of its events that the outbox still had; nil if it could not be written.
    case written(String, OutboxWrite, count: Int?)
    /// It may be time for something.
    case ticked
    /// It is time to look for events that are too old to keep.
    case sweep
}
