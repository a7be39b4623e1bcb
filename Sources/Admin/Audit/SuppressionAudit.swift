internal import Audit
internal import Mail
internal import Spool
internal import Suppression

/// What is recorded about one order for suppressions: who gave it and why, and each pattern that it is about. A few patterns
/// that were named get a record each, with what there was before.
struct SuppressionAudit: Sendable {
    let book: OrderBook
    /// `add`, `remove` or `import`.
    let order: String
    let who: String?
    let reason: String?
    let route: String?

    /// Patterns that get a record each.
    static let fewest = 100
    /// Octets of patterns in one record of an order about many.
    private static let longest = 3500

    /// - Parameters:
    ///   - before: the suppressions that there are for each, at least for the first ``fewest``.
    ///   - after: the state that is ordered.
    func orders(
        about patterns: [SuppressionPattern], before: [SuppressionPattern: [SuppressionEntry]], after: String
    ) -> [AuditedOrder] {
        guard patterns.count <= Self.fewest else {
            return grouped(patterns).map { audited($0, before: nil, after) }
        }
        return patterns.map { pattern in
            let words = (before[pattern] ?? []).map(Self.words)
            return audited(shown(pattern), before: words.isEmpty ? "none" : words.joined(separator: "; "), after)
        }
    }

    /// An order about a file, or what a filter selects.
    func orders(about subject: String, after: String?) -> [AuditedOrder] {
        [audited(subject, before: nil, after)]
    }

    /// The filter in words, with no address that must not be in the log.
    func words(_ filter: SuppressionFilter) -> String {
        let words = [
            filter.source.map { "source=\($0.rawValue)" }, filter.route.map { "route=\($0)" },
            filter.text.map { "match=\($0.utf8.contains(UInt8(ascii: "@")) ? book.form($0) : $0)" },
            filter.since.map { "since=\($0.rfc3339)" },
        ]
        let known = words.compactMap(\.self)
        return "filter " + (known.isEmpty ? "all" : known.joined(separator: " "))
    }

    private static func words(_ entry: SuppressionEntry) -> String {
        let place = entry.key.route.map { " on route \($0)" } ?? ""
        let person = entry.addedBy.map { " \($0)" } ?? ""
        return "\(entry.state)\(place) by \(entry.source.rawValue)\(person) at \(entry.addedAt.rfc3339)"
    }

    private func grouped(_ patterns: [SuppressionPattern]) -> [String] {
        var groups: [String] = []
        for pattern in patterns {
            let text = shown(pattern)
            if let last = groups.last, last.utf8.count + text.utf8.count < Self.longest {
                groups[groups.count - 1] = last + " " + text
            } else {
                groups.append(text)
            }
        }
        return groups
    }

    private func shown(_ pattern: SuppressionPattern) -> String { pattern.shown(addresses: book.form) }

    private func audited(_ subject: String, before: String?, _ after: String?) -> AuditedOrder {
        let place = route.map { " on route \($0)" } ?? ""
        return AuditedOrder(
            who: who, what: "suppression \(order)", subject: subject + place, reason: reason, before: before,
            after: after)
    }
}

extension OrderBook {
    /// Records orders, carries them out, and adds that this has failed if it has.
    ///
    /// - Throws: `AuditError` if they cannot be recorded; then they are not carried out.
    func carryOut<Result>(
        _ orders: [AuditedOrder], _ body: () async throws -> Result
    ) async throws -> Result {
        try await record(orders)
        do {
            return try await body()
        } catch {
            conclude(orders, "not carried out: \((error as? SpoolError)?.message ?? "\(error)")")
            throw error
        }
    }

    /// Adds what has come of orders that are recorded already.
    func conclude(_ orders: [AuditedOrder], _ outcome: String) {
        add(
            orders.map {
                AuditedOrder(
                    who: $0.who, what: $0.what, subject: $0.subject, reason: $0.reason, before: nil, after: outcome)
            })
    }
}
