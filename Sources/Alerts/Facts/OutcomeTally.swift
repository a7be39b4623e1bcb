package import Mail

/// Recipients that have ended within the last quarter of an hour, minute by minute.
package struct OutcomeTally: Sendable {
    static let minutes = 15
    /// With fewer recipients, a share says nothing.
    static let fewest = 20

    private var buckets: [Int64: OutcomeFacts] = [:]

    package init() {}

    package mutating func add(delivered: Int = 0, failed: Int = 0, at now: Timestamp) {
        let minute = now.milliseconds / 60_000
        var bucket = buckets[minute] ?? OutcomeFacts(delivered: 0, failed: 0)
        bucket.delivered += delivered
        bucket.failed += failed
        buckets[minute] = bucket
        if buckets.count > Self.minutes + 1 { buckets = buckets.filter { isRecent($0.key, now) } }
    }

    /// nil without enough recipients.
    package func figure(now: Timestamp) -> OutcomeFacts? {
        var sum = OutcomeFacts(delivered: 0, failed: 0)
        for (minute, bucket) in buckets where isRecent(minute, now) {
            sum.delivered += bucket.delivered
            sum.failed += bucket.failed
        }
        return sum.delivered + sum.failed >= Self.fewest ? sum : nil
    }

    private func isRecent(_ minute: Int64, _ now: Timestamp) -> Bool {
        now.milliseconds / 60_000 - minute < Int64(Self.minutes)
    }
}
