internal import NIOCore
import Synchronization

/// How many requests each client may send: a bucket of tokens for each, in bounded memory. A value without a clock.
struct RequestRates {
    /// What a client may do at once, and in the long run.
    struct Allowance: Hashable {
        let burst: Double
        let perSecond: Double
    }

    private struct Bucket {
        var level: Double
        var at: NIODeadline
    }

    private let allowance: Allowance
    /// Most clients that are remembered; beyond, those that are not begin with nothing spent.
    private let capacity: Int
    private var buckets: [String: Bucket] = [:]

    init(_ allowance: Allowance, capacity: Int = 10_000) {
        self.allowance = allowance
        self.capacity = capacity
    }

    /// Clients that are remembered.
    var count: Int { buckets.count }

    /// Counts a request.
    ///
    /// - Returns: nil if it may be answered, else the seconds until the next one may.
    mutating func take(_ client: String, at now: NIODeadline) -> Int? {
        var bucket = buckets[client] ?? Bucket(level: allowance.burst, at: now)
        let passed = Double((now - bucket.at).nanoseconds) / 1e9
        bucket.level = min(allowance.burst, bucket.level + max(0, passed) * allowance.perSecond)
        bucket.at = now
        let isIn = bucket.level >= 1
        if isIn { bucket.level -= 1 }
        if buckets[client] == nil, buckets.count >= capacity { forget(now) }
        buckets[client] = bucket
        return isIn ? nil : max(1, Int(((1 - bucket.level) / allowance.perSecond).rounded(.up)))
    }

    /// Those that are full again are as if they had never been; if that is not enough, all.
    private mutating func forget(_ now: NIODeadline) {
        let time = allowance.burst / allowance.perSecond
        buckets = buckets.filter { Double((now - $0.value.at).nanoseconds) / 1e9 < time }
        if buckets.count >= capacity { buckets.removeAll() }
    }
}

/// The same, shared by all connections.
final class RequestMeter: Sendable {
    private let rates: Mutex<RequestRates>

    init(_ allowance: RequestRates.Allowance) {
        rates = Mutex(RequestRates(allowance))
    }

    func take(_ client: String) -> Int? { rates.withLock { $0.take(client, at: .now()) } }
}
