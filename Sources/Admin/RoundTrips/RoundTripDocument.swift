internal import Mail
package import RoundTrips

/// A line of `round-trip list --json`; property names match the JSON. Every name is always present.
package struct RoundTripDocument: Codable, Hashable, Sendable {
    package let name: String
    /// nil for what goes as routed.
    package let upstream: String?
    package let mailbox: String
    /// Raw value of a `TripVerdict`; nil before the first, like the next two.
    package let state: String?
    package let cause: String?
    package let since: String?
    /// From acceptance to arrival, of the last probe that arrived.
    package let last_seconds: Double?
    /// Of the last 24 hours, as the rest.
    package let p50_seconds: Double?
    package let p95_seconds: Double?
    package let p99_seconds: Double?
    /// Share of the probes that arrived among those with a verdict, 0 to 1.
    package let availability_24h: Double?
    /// Shares of those that arrived, 0 to 1.
    package let inbox_share: Double?
    package let junk_share: Double?
    package let sent_24h: Int
    package let under_way: Int

    package init(_ line: TripListing) {
        let (standing, total) = (line.standing, line.total)
        (name, upstream, mailbox) = (standing.path.trip, standing.path.upstream, standing.path.mailbox)
        (state, cause, since) = (standing.verdict?.rawValue, standing.cause, standing.since?.rfc3339)
        last_seconds = standing.lastTotal.map(Figure.seconds)
        let histogram = total.histogram(.total)
        p50_seconds = histogram.percentile(0.5).map(Figure.seconds)
        p95_seconds = histogram.percentile(0.95).map(Figure.seconds)
        p99_seconds = histogram.percentile(0.99).map(Figure.seconds)
        availability_24h = total.availability.map(Figure.share)
        inbox_share = total.share(.inbox).map(Figure.share)
        junk_share = total.share(.junk).map(Figure.share)
        (sent_24h, under_way) = (total[.sent], standing.underWay)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(upstream, forKey: .upstream)
        try container.encode(mailbox, forKey: .mailbox)
        try container.encode(state, forKey: .state)
        try container.encode(cause, forKey: .cause)
        try container.encode(since, forKey: .since)
        try container.encode(last_seconds, forKey: .last_seconds)
        try container.encode(p50_seconds, forKey: .p50_seconds)
        try container.encode(p95_seconds, forKey: .p95_seconds)
        try container.encode(p99_seconds, forKey: .p99_seconds)
        try container.encode(availability_24h, forKey: .availability_24h)
        try container.encode(inbox_share, forKey: .inbox_share)
        try container.encode(junk_share, forKey: .junk_share)
        try container.encode(sent_24h, forKey: .sent_24h)
        try container.encode(under_way, forKey: .under_way)
    }
}

/// Numbers of documents about round trips.
enum Figure {
    static func seconds(_ duration: Duration) -> Double { Double(duration.wholeMilliseconds) / 1000 }

    /// With six digits, and rounded down, so that only all is 1.
    static func share(_ share: Double) -> Double { (share * 1e6 + 1e-6).rounded(.down) / 1e6 }
}
