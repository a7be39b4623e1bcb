internal import Delivery
internal import Upstreams

/// Outcomes of recipients at one upstream.
struct OutcomeSamples: Sendable {
    let delivered, deferred, failed, inDoubt: MetricSample

    init(_ store: MetricStore, _ upstream: String) {
        delivered = store.sample(.outcomes, upstream, "delivered")
        deferred = store.sample(.outcomes, upstream, "deferred")
        failed = store.sample(.outcomes, upstream, "failed")
        inDoubt = store.sample(.outcomes, upstream, "in_doubt")
    }
}

/// What is counted of one upstream: every sample is there from the beginning.
struct UpstreamSamples: Sendable {
    let outcomes: OutcomeSamples
    let confirmed, refuted, slowDowns, tlsFallbacks: MetricSample
    let circuitChanges: [CircuitState: MetricSample]
    /// Kept with the upstream by the delivery.
    let meter: UpstreamMeter

    init(_ store: MetricStore, _ upstream: String) {
        outcomes = OutcomeSamples(store, upstream)
        confirmed = store.sample(.secondOpinions, upstream, "confirmed")
        refuted = store.sample(.secondOpinions, upstream, "refuted")
        slowDowns = store.sample(.slowDowns, upstream)
        tlsFallbacks = store.sample(.upstreamTLSFailures, upstream)
        circuitChanges = Self.samples(CircuitState.allCases) { store.sample(.circuitChanges, upstream, $0.rawValue) }
        meter = Self.meter(store, upstream)
    }

    private static func meter(_ store: MetricStore, _ upstream: String) -> UpstreamMeter {
        let handshakes = samples(TLSOutcome.allCases) { store.sample(.upstreamHandshakes, upstream, $0.rawValue) }
        let failovers = samples(CircuitReason.opening) { store.sample(.failovers, upstream, $0.rawValue) }
        let failbacks = samples(CircuitReason.closing) { store.sample(.failbacks, upstream, $0.rawValue) }
        return UpstreamMeter(
            { store.histogram(.phaseTime, upstream, $0.rawValue) },
            shookHands: { handshakes[TLSOutcome(version: $0)]?.add() },
            failedOver: { failovers[$0]?.add() }, failedBack: { failbacks[$0]?.add() })
    }

    private static func samples<Key: Hashable>(
        _ keys: [Key], _ sample: (Key) -> MetricSample
    ) -> [Key: MetricSample] {
        Dictionary(uniqueKeysWithValues: keys.map { ($0, sample($0)) })
    }
}

/// Outcome of a TLS handshake; raw values are a label.
enum TLSOutcome: String, Hashable, CaseIterable, Sendable {
    case tls12 = "1.2"
    case tls13 = "1.3"
    case failed = "none"

    /// - Parameter version: in the library's spelling; nil for a handshake that failed.
    init(version: String?) {
        self = version.map { $0 == "TLSv1.3" ? .tls13 : .tls12 } ?? .failed
    }
}
