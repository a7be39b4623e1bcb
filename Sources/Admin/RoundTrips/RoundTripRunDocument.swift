internal import Mail
package import RoundTrips

/// What became of a probe that was asked for; property names match the JSON. Every name is always present.
package struct RoundTripRunDocument: Codable, Hashable, Sendable {
    /// A host that the probe has passed, in order.
    package struct Hop: Codable, Hashable, Sendable {
        /// As it calls itself.
        package let by: String?
        /// Since the one before, by the relay's clock.
        package let seconds: Double?
        /// How fast its clock seems to be.
        package let skew_seconds: Double?

        package func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(by, forKey: .by)
            try container.encode(seconds, forKey: .seconds)
            try container.encode(skew_seconds, forKey: .skew_seconds)
        }
    }

    package enum Result: String, CaseIterable, Sendable {
        /// In time.
        case arrived
        /// It arrived, and late.
        case late
        case missing, failed, unjudged
        case underWay = "under_way"
        case notSent = "not_sent"
        /// Of a rehearsal.
        case wouldSend = "would_send"
    }

    package let name: String
    package let upstream: String?
    package let mailbox: String
    /// Raw value of a ``Result``.
    package let result: String
    /// Why it was not sent.
    package let reason: String?
    package let sent_at: String?
    /// From acceptance to arrival; nil unless it arrived, like the rest.
    package let seconds: Double?
    /// Its parts: see `TripStage`.
    package let queue_seconds: Double?
    package let handover_seconds: Double?
    package let transit_seconds: Double?
    package let lookup_seconds: Double?
    /// `inbox`, `junk` or `other`.
    package let folder: String?
    /// As the mailbox provider says; nil where it says nothing.
    package let spf: String?
    package let dkim: String?
    package let dmarc: String?
    package let hops: [Hop]?

    /// What a rehearsal says.
    init(rehearsing path: TripPath) { self.init(path, .wouldSend) }

    package init(_ run: TripRun) {
        switch run.outcome {
        case .arrived(let arrival): self.init(run.path, arrival.isLate ? .late : .arrived, run.sentAt, arrival)
        case .missing: self.init(run.path, .missing, run.sentAt)
        case .failed: self.init(run.path, .failed, run.sentAt)
        case .unjudged: self.init(run.path, .unjudged, run.sentAt)
        case .underWay: self.init(run.path, .underWay, run.sentAt)
        case .notSent(let reason): self.init(run.path, .notSent, run.sentAt, reason: reason)
        }
    }

    private init(
        _ path: TripPath, _ result: Result, _ sentAt: Timestamp? = nil, _ arrival: TripArrival? = nil,
        reason: String? = nil
    ) {
        (name, upstream, mailbox) = (path.trip, path.upstream, path.mailbox)
        (self.result, self.reason, sent_at) = (result.rawValue, reason, sentAt?.rfc3339)
        let stages = arrival?.times.stages ?? [:]
        seconds = stages[.total].map(Figure.seconds)
        queue_seconds = stages[.queue].map(Figure.seconds)
        handover_seconds = stages[.handover].map(Figure.seconds)
        transit_seconds = stages[.transit].map(Figure.seconds)
        lookup_seconds = stages[.lookup].map(Figure.seconds)
        folder = arrival?.folder.rawValue
        let authentication = arrival?.authentication
        (spf, dkim) = (authentication?.spf?.rawValue, authentication?.dkim?.rawValue)
        dmarc = authentication?.dmarc?.rawValue
        hops = arrival?.times.hops.map { hop in
            Hop(by: hop.received.by, seconds: hop.since.map(Figure.seconds), skew_seconds: hop.skew.map(Figure.seconds))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(upstream, forKey: .upstream)
        try container.encode(mailbox, forKey: .mailbox)
        try container.encode(result, forKey: .result)
        try container.encode(reason, forKey: .reason)
        try container.encode(sent_at, forKey: .sent_at)
        try container.encode(seconds, forKey: .seconds)
        try container.encode(queue_seconds, forKey: .queue_seconds)
        try container.encode(handover_seconds, forKey: .handover_seconds)
        try container.encode(transit_seconds, forKey: .transit_seconds)
        try container.encode(lookup_seconds, forKey: .lookup_seconds)
        try container.encode(folder, forKey: .folder)
        try container.encode(spf, forKey: .spf)
        try container.encode(dkim, forKey: .dkim)
        try container.encode(dmarc, forKey: .dmarc)
        try container.encode(hops, forKey: .hops)
    }
}
