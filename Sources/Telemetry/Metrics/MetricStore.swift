package import CoreMetrics
import Synchronization

/// Keeps the metrics of one relay, and writes them as Prometheus reads them. A factory of swift-metrics, which is handed
/// to whoever measures; nothing is installed for the whole process.
///
/// Only metrics of ``MetricFamily`` with exactly their labels are kept. Others, as a library might make them, count
/// into nothing: so nobody outside of that list makes the output grow.
package final class MetricStore: MetricsFactory, Sendable {
    private let families: [MetricFamily]
    private let samples: Mutex<[String: [[String]: MetricSample]]>

    package init(_ families: [MetricFamily] = MetricFamily.all) {
        self.families = families
        samples = Mutex([:])
    }

    /// The value with these labels, in the order of the family's; made at the first call. To be kept by the caller.
    package func sample(_ family: MetricFamily, _ values: String...) -> MetricSample {
        precondition(values.count == family.labels.count, "a value for each label of \(family.name)")
        return sample(of: family, values)
    }

    private func sample(of family: MetricFamily, _ values: [String]) -> MetricSample {
        samples.withLock { samples in
            if let sample = samples[family.name]?[values] { return sample }
            let sample = MetricSample(decimals: family.decimals)
            samples[family.name, default: [:]][values] = sample
            return sample
        }
    }

    /// Forgets all values of a family whose labels come and go.
    func removeSamples(of family: MetricFamily) {
        samples.withLock { $0[family.name] = nil }
    }

    /// The text format 0.0.4 of Prometheus: families in the order of the list, their values in the order of their
    /// labels. A family without a value is left out unless it has no labels: then it is 0.
    package func text() -> String {
        let samples = samples.withLock { $0.mapValues { $0.mapValues(\.value) } }
        var text = PrometheusText()
        for family in families {
            let values = samples[family.name] ?? (family.labels.isEmpty ? [[]: 0] : [:])
            text.append(family, values.sorted { $0.key.lexicographicallyPrecedes($1.key) })
        }
        return text.text
    }

    // MARK: swift-metrics

    private func sample(_ label: String, _ dimensions: [(String, String)], _ kind: MetricFamily.Kind) -> MetricSample? {
        guard let family = families.first(where: { $0.name == label && $0.kind == kind }),
            family.labels == dimensions.map(\.0)
        else { return nil }
        return sample(of: family, dimensions.map(\.1))
    }

    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        sample(label, dimensions, .counter) ?? NOOPMetricsHandler.instance
    }

    package func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        sample(label, dimensions, .gauge) ?? NOOPMetricsHandler.instance
    }

    /// A recorder that does not aggregate is a gauge; there are no distributions.
    package func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        guard !aggregate else { return NOOPMetricsHandler.instance }
        return sample(label, dimensions, .gauge) ?? NOOPMetricsHandler.instance
    }

    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        NOOPMetricsHandler.instance
    }

    package func destroyCounter(_ handler: any CounterHandler) {}
    package func destroyMeter(_ handler: any MeterHandler) {}
    package func destroyRecorder(_ handler: any RecorderHandler) {}
    package func destroyTimer(_ handler: any TimerHandler) {}
}
