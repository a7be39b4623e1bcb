import Admin

/// What the relay has counted since it started, and how the queue is.
struct TopFigures: Equatable {
    /// Messages accepted.
    var accepted = 0.0
    /// Recipients by outcome, at all upstreams.
    var outcomes: [String: Double] = [:]
    /// Recipients delivered, by upstream.
    var delivered: [String: Double] = [:]
    /// From the end of the data to the 250, and from there until an upstream took the message.
    var acceptTimes = BucketCounts()
    var takenTimes = BucketCounts()
    /// Recipients by state.
    var states: [String: Int] = [:]
    var messages = 0
    /// Of the oldest message that waits; nil if none does.
    var oldestWaitingSeconds: Int?
    /// Seconds since 1970; nil if unknown.
    var startedAt: Double?

    init() {}

    init(_ lines: MetricLines) {
        for sample in lines.samples { add(sample) }
    }

    private mutating func add(_ sample: MetricLines.Sample) {
        let value = sample.value
        switch sample.name {
        case "posthorse_ingress_messages_total": accepted = value
        case "posthorse_delivery_recipients_total":
            let outcome = sample.labels["outcome"] ?? ""
            outcomes[outcome, default: 0] += value
            if outcome == "delivered", let upstream = sample.labels["upstream"] { delivered[upstream] = value }
        case "posthorse_ingress_accept_seconds_bucket": acceptTimes.add(value, upTo: sample.labels["le"])
        case "posthorse_delivery_accept_to_taken_seconds_bucket": takenTimes.add(value, upTo: sample.labels["le"])
        case "posthorse_queue_recipients": sample.labels["state"].map { states[$0] = Int(value) }
        case "posthorse_queue_messages": messages = Int(value)
        case "posthorse_queue_oldest_waiting_message_age_seconds": oldestWaitingSeconds = value > 0 ? Int(value) : nil
        case "process_start_time_seconds": startedAt = value > 0 ? value : nil
        default: break
        }
    }
}

/// A histogram as Prometheus gets it, its series added up: how many values are at most as large as each bound.
struct BucketCounts: Equatable {
    /// By bound in seconds.
    private(set) var counts: [Double: Double] = [:]

    mutating func add(_ count: Double, upTo bound: String?) {
        guard let bound = bound.flatMap({ $0 == "+Inf" ? .infinity : Double($0) }) else { return }
        counts[bound, default: 0] += count
    }

    /// The value that this part of all values since `earlier` does not exceed, in milliseconds: in proportion between two
    /// bounds, and no more than the last one. Nil if there were none.
    ///
    /// - Parameter part: from 0 to 1.
    func quantile(_ part: Double, since earlier: BucketCounts) -> Double? {
        let buckets = counts.map { ($0.key, $0.value - (earlier.counts[$0.key] ?? 0)) }.sorted { $0.0 < $1.0 }
        guard let total = buckets.last?.1, total > 0 else { return nil }
        var (bound, count) = (0.0, 0.0)
        for (next, sum) in buckets {
            if sum >= part * total {
                guard next < .infinity else { return bound * 1000 }
                return (bound + (next - bound) * (part * total - count) / max(sum - count, 1)) * 1000
            }
            (bound, count) = (next, sum)
        }
        return bound * 1000
    }
}
