package import Audit
package import Mail

/// Records operators' orders before they are carried out.
package struct OrderBook: Sendable {
    /// nil records nothing, and takes every order.
    let log: AuditLog?
    private let now: @Sendable () -> Timestamp
    /// How addresses are written: as they are, or as keyed hashes.
    let form: @Sendable (String) -> String

    package init(
        _ log: AuditLog?, now: @escaping @Sendable () -> Timestamp,
        addresses form: @escaping @Sendable (String) -> String = { $0 }
    ) {
        self.log = log
        self.now = now
        self.form = form
    }

    /// Where nothing is recorded.
    package static let none = OrderBook(nil, now: { Timestamp(milliseconds: 0) })

    /// Records orders; on return they may be carried out.
    ///
    /// - Throws: `AuditError`; then they must not be.
    func record(_ orders: [AuditedOrder]) async throws(AuditError) {
        guard let log, !orders.isEmpty else { return }
        let moment = now()
        try await log.record(orders.map { $0.record(at: moment) })
    }

    func record(_ order: AuditedOrder) async throws(AuditError) { try await record([order]) }

    /// Adds what has come of an order that is recorded already. The order is carried out whether or not this can be written.
    func add(_ orders: [AuditedOrder]) {
        guard let log else { return }
        let moment = now()
        for order in orders { log.note(order.record(at: moment)) }
    }
}

/// An order as it is recorded.
struct AuditedOrder: Sendable {
    /// nil where the system does not know.
    let who: String?
    let what: String
    var subject: String
    var reason: String?
    var before: String?
    var after: String?

    func record(at moment: Timestamp) -> AuditRecord {
        AuditRecord(
            at: moment, who: who ?? "unknown", what: what, subject: subject, reason: reason, before: before,
            after: after)
    }
}
