package import Mail

/// An operator's order about messages, for the log.
package struct QueueOrderReport: Sendable {
    /// `retry`, `hold`, `release`, `drop`, `move` or `resolve`.
    package let order: String
    /// Who gave it, such as `uid:0`; nil if that is unknown.
    package let who: String?
    package let reason: String?
    /// For `move`.
    package let upstream: String?
    /// For `drop`, whether senders are told.
    package let bounces: Bool
    /// The filter as `name=value` words; `all` without any; nil for an order by IDs.
    package let filter: String?

    init(_ verb: QueueVerb, _ document: QueueOrderDocument, who: String?) {
        self.init(order: verb.rawValue, document, who: who)
    }

    /// - Parameter order: the word for it.
    init(order: String, _ document: QueueOrderDocument, who: String?) {
        self.order = order
        self.who = who
        (reason, upstream, bounces) = (document.reason, document.to, document.bounce ?? false)
        let words = document.filter?.query.map { "\($0.name)=\($0.value)" }
        filter = words.map { $0.isEmpty ? "all" : $0.joined(separator: " ") }
    }
}

/// What the admin interface reports, for the log.
package enum AdminEvent: Sendable {
    /// An order was carried out for these messages.
    case ordered([QueueID], QueueOrderReport)
    /// A message was imported under this new ID.
    case imported(QueueID, who: String?, reason: String?)
    /// All of an order is done; the numbers of messages that it was carried out for, and of others.
    case orderEnded(QueueOrderReport, done: Int, others: Int)
}
