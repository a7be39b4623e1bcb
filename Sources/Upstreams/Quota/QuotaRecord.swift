internal import Mail

/// What is on disk of the quotas of one upstream: enough that no crash makes it forget a recipient.
package struct QuotaRecord: Hashable, Sendable, Codable {
    package struct Tally: Hashable, Sendable, Codable {
        package struct Entry: Hashable, Sendable, Codable {
            package var number: Int64
            package var used: Int
        }

        /// As in relay.conf: `50000/d`.
        package var quota: String
        /// In order of their beginning.
        package var entries: [Entry]
        /// 0 nothing, 1 near its end, 2 used up.
        package var told: Int
        /// In milliseconds by the steady clock, as the next.
        package var toldAt: Int64?
        package var heldUntil: Int64?
    }

    /// Recipients that may have been handed over since the record was made, and count as used after a crash.
    package var pool: Int
    package var tallies: [Tally]

    package init(pool: Int, tallies: [Tally]) {
        self.pool = pool
        self.tallies = tallies
    }
}

extension QuotaTally {
    var record: QuotaRecord.Tally {
        QuotaRecord.Tally(
            quota: quota.text, entries: entries.map { .init(number: $0.number, used: $0.used) }, told: told.rawValue,
            toldAt: toldAt?.milliseconds, heldUntil: heldUntil?.milliseconds)
    }
}
