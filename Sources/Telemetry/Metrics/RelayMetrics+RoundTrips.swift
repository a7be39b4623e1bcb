internal import Mail
package import RoundTrips

/// Counts of round trips. What goes as routed has no upstream: its label is empty.
extension RelayMetrics {
    package func record(_ news: TripNews) {
        guard case .fact(let fact) = news else { return }
        let (name, upstream) = (fact.path.trip, fact.path.label)
        if let outcome = TripOutcome(fact.kind) {
            store.sample(.roundTripProbes, name, upstream, outcome.rawValue).add()
        }
        guard case .arrived(let arrival) = fact.kind else { return }
        store.sample(.roundTripArrivals, name, upstream, arrival.folder.rawValue).add()
        for (stage, duration) in arrival.times.stages {
            store.histogram(.roundTripTime, name, upstream, stage.rawValue).record(duration)
        }
    }

    /// How each stands at scrape time; those that are gone are forgotten.
    func set(_ roundTrips: [TripListing]) {
        let paths = Set(roundTrips.map { [$0.standing.path.trip, $0.standing.path.label] })
        store.removeSamples { family, values in
            MetricFamily.roundTrips.contains(family) && !paths.contains(Array(values.prefix(2)))
        }
        for line in roundTrips { set(line.standing) }
    }

    private func set(_ standing: TripStanding) {
        let (name, upstream) = (standing.path.trip, standing.path.label)
        for verdict in TripVerdict.allCases {
            store.sample(.roundTripState, name, upstream, verdict.rawValue).set(
                Int64(standing.verdict == verdict ? 1 : 0))
        }
        store.sample(.roundTripUnderWay, name, upstream).set(Int64(standing.underWay))
        // Counts begin at 0, so that the first one shows as an increase.
        for outcome in TripOutcome.allCases { _ = store.sample(.roundTripProbes, name, upstream, outcome.rawValue) }
        for folder in TripFolder.allCases { _ = store.sample(.roundTripArrivals, name, upstream, folder.rawValue) }
    }
}

/// What became of a probe, as a label.
private enum TripOutcome: String, CaseIterable {
    /// In time.
    case arrived
    case late, missing, failed, unjudged, excused, returned, doubled

    init?(_ kind: TripFact.Kind) {
        switch kind {
        case .sent: return nil
        case .arrived(let arrival): self = arrival.isLate ? .late : .arrived
        case .missing: self = .missing
        case .failed: self = .failed
        case .unjudged: self = .unjudged
        case .excused: self = .excused
        case .returned: self = .returned
        case .doubled: self = .doubled
        }
    }
}

extension TripPath {
    /// Of an upstream.
    fileprivate var label: String { upstream ?? "" }
}

extension MetricFamily {
    package static let roundTrips = [
        roundTripState, roundTripTime, roundTripProbes, roundTripArrivals, roundTripUnderWay,
    ]

    static let roundTripState = MetricFamily(
        "posthorse_round_trip_state", .gauge, ["name", "upstream", "state"],
        "1 for the state of a round trip, none before the first; upstream is empty for what goes as routed.")
    static let roundTripTime = MetricFamily(
        "posthorse_round_trip_seconds", ["name", "upstream", "stage"], HistogramBuckets.trips, decimals: 6,
        "Time that probes which arrived have taken, by stage; total is from acceptance to arrival.")
    static let roundTripProbes = MetricFamily(
        "posthorse_round_trip_probes_total", .counter, ["name", "upstream", "outcome"],
        "Probes by outcome; excused ones were counted as missing before, returned and doubled ones have another outcome."
    )
    static let roundTripArrivals = MetricFamily(
        "posthorse_round_trip_arrivals_total", .counter, ["name", "upstream", "folder"],
        "Probes that arrived before they were lost, by folder.")
    static let roundTripUnderWay = MetricFamily(
        "posthorse_round_trip_under_way_probes", .gauge, ["name", "upstream"], "Probes without a verdict.")
}
