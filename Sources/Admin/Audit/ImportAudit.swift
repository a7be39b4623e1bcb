internal import Audit
internal import Mail
internal import Spool

/// What is recorded about an imported message: where it came from, its state, and that it could not be stored.
struct ImportAudit: Sendable {
    let book: OrderBook
    let who: String?
    let reason: String?

    /// - Throws: `AuditError`; then it must not be stored.
    func willImport(_ message: SpooledMessage) async throws(AuditError) {
        try await book.record(order(about: message.id, before: message.origin, MessageDocument(message).state))
    }

    /// It is recorded, and could not be stored.
    func hasNotImported(_ id: QueueID, _ error: any Error) {
        book.add([order(about: id, before: nil, "not carried out: \(error)")])
    }

    private func order(about id: QueueID, before: String?, _ after: String) -> AuditedOrder {
        AuditedOrder(
            who: who, what: "queue import", subject: id.description, reason: reason, before: before, after: after)
    }
}
