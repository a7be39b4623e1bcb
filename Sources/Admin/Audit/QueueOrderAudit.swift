internal import Audit
internal import Delivery
internal import Mail

/// What is recorded about one order for messages: who gave it and why, each message that it is about, and what has not been
/// done. A few messages that were named get a record each, with their states.
struct QueueOrderAudit: Sendable {
    let book: OrderBook
    let report: QueueOrderReport
    /// The states of messages, of those that are there.
    let states: @Sendable ([QueueID]) async throws -> [QueueID: String]

    /// Messages that get a record each, if they are named.
    private static let fewest = 100
    /// IDs in one record of an order about many.
    private static let idsPerRecord = 250

    /// The order begins.
    ///
    /// - Throws: `AuditError`; then nothing of it may be carried out.
    func begin() async throws(AuditError) {
        guard let filter else { return }
        try await book.record(order(about: filter))
    }

    /// These messages are next.
    ///
    /// - Throws: `AuditError`; then the order must not be carried out for them.
    func willChange(_ ids: [QueueID]) async throws {
        guard book.log != nil else { return }
        try await book.record(report.filter == nil && ids.count <= Self.fewest ? single(ids) : grouped(ids))
    }

    /// The order is recorded for these messages, and has not been carried out for all of them.
    func hasNotChanged(_ results: [(QueueID, QueueOrderResult)]) {
        guard book.log != nil, report.filter == nil, results.count <= Self.fewest else { return }
        book.add(
            results.compactMap { id, result in
                // One that was not there has no record.
                guard !result.isDone, result != .missing else { return nil }
                let why = QueueOrderLine(id, result).reason ?? ""
                return order(about: id.description, after: "not carried out: \(why)")
            })
    }

    /// The order has ended.
    func end(done: Int, others: Int) {
        guard let filter else { return }
        book.add([order(about: filter, after: "\(done) done, \(others) not")])
    }

    private var filter: String? {
        report.filter == nil ? nil : "filter \(report.filter(addresses: book.form))"
    }

    private func single(_ ids: [QueueID]) async throws -> [AuditedOrder] {
        let known = try await states(ids)
        return ids.compactMap { id in
            known[id].map { order(about: id.description, before: $0, after: report.outcome) }
        }
    }

    private func grouped(_ ids: [QueueID]) -> [AuditedOrder] {
        stride(from: 0, to: ids.count, by: Self.idsPerRecord).map { start in
            let part = ids[start..<min(start + Self.idsPerRecord, ids.count)]
            return order(about: part.map(\.description).joined(separator: " "), after: report.outcome)
        }
    }

    private func order(about subject: String, before: String? = nil, after: String? = nil) -> AuditedOrder {
        AuditedOrder(
            who: report.who, what: "queue \(report.order)", subject: subject, reason: report.reason, before: before,
            after: after)
    }
}

extension AdminServer.Sources {
    func audit(of report: QueueOrderReport) -> QueueOrderAudit {
        QueueOrderAudit(book: book, report: report) { [queue] ids in
            var states: [QueueID: String] = [:]
            for id in ids { states[id] = try await queue.message(id).map { MessageDocument($0).state } }
            return states
        }
    }
}
