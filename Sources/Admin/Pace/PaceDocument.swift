package import Delivery
internal import Mail
internal import Upstreams

/// One pace as in `pace list --json`; property names match the JSON.
package struct PaceDocument: Hashable, Sendable, Codable {
    /// The domains of its `[[pace]]`, as written.
    package var pace: String
    /// The domain, or `family:google`; nil where no domain of the `[[pace]]` has had mail lately.
    package var domain: String?
    /// Recipients per second now; nil for no limit.
    package var rate: Double?
    /// Likewise, by relay.conf.
    package var maxRate: Double?
    /// Whether replies have asked for less than relay.conf allows.
    package var reduced: Bool
    /// Messages with upstreams, or about to be.
    package var inFlight: Int
    package var maxConnections: Int?
    /// Messages that wait for their turn.
    package var waiting: Int
    /// RFC 3339; when the first of them has its turn; nil if none waits, or if another message must end first.
    package var nextAt: String?

    package enum CodingKeys: String, CodingKey {
        case pace, domain, rate, reduced, waiting
        case maxRate = "max_rate"
        case inFlight = "in_flight"
        case maxConnections = "max_connections"
        case nextAt = "next_at"
    }

    init(_ status: PaceStatus, of settings: PaceSettings) {
        pace = settings.name
        domain = status.name
        rate = status.rate?.roundedForReading
        maxRate = status.limit?.roundedForReading
        reduced = status.isReduced
        inFlight = status.active
        maxConnections = status.maxActive
        waiting = status.waiting
        nextAt = status.nextAt?.rfc3339
    }

    /// One that no domain has needed lately.
    init(_ settings: PaceSettings) {
        pace = settings.name
        rate = settings.limit?.roundedForReading
        maxRate = rate
        reduced = false
        inFlight = 0
        maxConnections = settings.maxConnections
        waiting = 0
    }

    /// Every name is always present; unknown values are null.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(pace, forKey: .pace)
        try container.encode(domain, forKey: .domain)
        try container.encode(rate, forKey: .rate)
        try container.encode(maxRate, forKey: .maxRate)
        try container.encode(reduced, forKey: .reduced)
        try container.encode(inFlight, forKey: .inFlight)
        try container.encode(maxConnections, forKey: .maxConnections)
        try container.encode(waiting, forKey: .waiting)
        try container.encode(nextAt, forKey: .nextAt)
    }
}

extension PaceReport {
    /// Each `[[pace]]` in order, with the domains that have had mail lately, or alone.
    package var documents: [PaceDocument] {
        settings.enumerated().flatMap { entry, settings in
            let own = paces.filter { $0.entry == entry }.map { PaceDocument($0, of: settings) }
            return own.isEmpty ? [PaceDocument(settings)] : own
        }
    }
}
