internal import Audit
internal import Mail
internal import Spool

/// What is recorded about resolved doubts: each message with the recipients concerned.
struct ResolutionAudit: Sendable {
    let book: OrderBook
    let report: QueueOrderReport

    /// - Parameter addresses: nil for all in doubt.
    /// - Throws: `AuditError`; then nothing may be resolved.
    func willResolve(_ message: SpooledMessage, _ addresses: [String]?) async throws(AuditError) {
        let doubts = message.recipients.filter { $0.state == .inDoubt }.map(\.address.text)
        try await willResolve([(message.id, addresses ?? doubts)])
    }

    /// The same for messages with the recipients concerned.
    func willResolve(_ page: [(QueueID, [String])]) async throws(AuditError) {
        try await book.record(
            page.map { id, addresses in
                let words = [id.description] + addresses.map(book.form)
                return order(
                    about: words.joined(separator: " "), before: Recipient.State.inDoubt.rawValue, report.outcome)
            })
    }

    /// It is recorded, and has not been carried out.
    func hasNotResolved(_ id: QueueID, _ why: String) {
        book.add([order(about: id.description, before: nil, "not carried out: \(why)")])
    }

    private func order(about subject: String, before: String?, _ after: String) -> AuditedOrder {
        AuditedOrder(
            who: report.who, what: "queue \(report.order)", subject: subject, reason: report.reason, before: before,
            after: after)
    }
}
