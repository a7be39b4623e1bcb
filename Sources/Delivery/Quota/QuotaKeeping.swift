package import Upstreams

/// Where the quotas of upstreams are kept from one life of the relay to the next.
package struct QuotaKeeping: Sendable {
    /// By upstream.
    package let records: [String: QuotaRecord]
    /// Writes all records; calls back once, on any thread: with nil once they are durable, else with the reason.
    package let save: @Sendable ([String: QuotaRecord], @escaping @Sendable (String?) -> Void) -> Void

    package init(
        records: [String: QuotaRecord] = [:],
        save: @escaping @Sendable ([String: QuotaRecord], @escaping @Sendable (String?) -> Void) -> Void
    ) {
        self.records = records
        self.save = save
    }

    /// Nothing survives.
    package static let none = QuotaKeeping { _, done in done(nil) }
}
