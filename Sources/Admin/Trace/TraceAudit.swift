internal import Dialogue
internal import Mail

/// What is recorded about a trace: who sees what, and what has come of it.
struct TraceAudit: Sendable {
    let book: OrderBook
    let who: String?
    let question: TraceQuestion

    var start: AuditedOrder {
        let content = question.order.showsContent ? "with content" : "without content"
        return order("trace start", after: "\(content), for \(question.order.duration.words)")
    }

    func end(_ summary: TraceSummary) -> AuditedOrder {
        let dropped = summary.dropped > 0 ? ", \(summary.dropped) dropped" : ""
        return order(
            "trace end", after: "\(summary.lines) lines\(dropped) in \(summary.lasted.words): \(summary.end.words)")
    }

    private func order(_ what: String, after: String) -> AuditedOrder {
        AuditedOrder(who: who, what: what, subject: subject, reason: question.reason, after: after)
    }

    /// A whole address as the audit log writes one.
    private var subject: String {
        switch question.order.filter {
        case .upstream, .client: question.order.filter.description
        case .recipient(let pattern):
            pattern.description.utf8.contains(UInt8(ascii: "*")) || pattern.description.hasPrefix("@")
                ? question.order.filter.description : "recipient \(book.form(pattern.description))"
        }
    }
}

extension TraceSummary.End {
    fileprivate var words: String {
        switch self {
        case .reader: "the reader has gone"
        case .time: "its time was over"
        case .stop: "the relay stops"
        case .revoked: "the reader may not see it any more"
        }
    }
}

extension Duration {
    /// `600 s`.
    fileprivate var words: String {
        let milliseconds = wholeMilliseconds
        return milliseconds < 10_000 && milliseconds % 1000 != 0 ? "\(milliseconds) ms" : "\(milliseconds / 1000) s"
    }
}
