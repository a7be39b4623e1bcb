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
    /// For `resolve`: `delivered`, `retry` or `failover`.
    let resolution: String?
    /// The filter as `name=value` words; `all` without any; nil for an order by IDs.
    package let filter: String?
    private let words: [(name: String, value: String)]

    init(_ verb: QueueVerb, _ document: QueueOrderDocument, who: String?) {
        self.init(order: verb.rawValue, document, who: who)
    }

    /// - Parameter order: the word for it.
    init(order: String, _ document: QueueOrderDocument, who: String?) {
        self.order = order
        self.who = who
        (reason, upstream, bounces) = (document.reason, document.to, document.bounce ?? false)
        resolution = document.resolution
        words = document.filter?.query ?? []
        filter = document.filter == nil ? nil : Self.text(words)
    }

    private static func text(_ words: [(name: String, value: String)]) -> String {
        words.isEmpty ? "all" : words.map { "\($0.name)=\($0.value)" }.joined(separator: " ")
    }

    /// The filter with addresses in another form.
    func filter(addresses form: (String) -> String) -> String {
        Self.text(words.map { ($0.name, ["sender", "recipient"].contains($0.name) ? form($0.value) : $0.value) })
    }

    /// What becomes of its messages.
    var outcome: String {
        switch (order, QueueVerb(rawValue: order)) {
        case (_, .retry): "due now"
        case (_, .hold): "held"
        case (_, .release): "released"
        case (_, .drop): bounces ? "dropped, senders told" : "dropped"
        case (_, .move): "moved to \(upstream ?? "")"
        case (_, nil): resolution ?? order
        }
    }
}

/// What the admin interface reports, for the log.
package enum AdminEvent: Sendable {
    /// An order was carried out for these messages.
    case ordered([QueueID], QueueOrderReport)
    /// A message was imported under this new ID.
    case imported(QueueID, who: String?, reason: String?)
    /// An address was taken out of the history, of this many recipients.
    case erased(Int, who: String?, reason: String?)
    /// All of an order is done; the numbers of messages that it was carried out for, and of others.
    case orderEnded(QueueOrderReport, done: Int, others: Int)
    /// The suppression list was changed.
    case suppressions(SuppressionReport)
    /// Events for a webhook are sent again, or were dropped.
    case webhook(WebhookReport)
}
