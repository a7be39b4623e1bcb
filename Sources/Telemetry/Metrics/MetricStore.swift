package import CoreMetrics
import Synchronization

/// The metrics of one relay, rendered for Prometheus. A swift-metrics factory that is passed explicitly; nothing is
/// installed process-wide.
///
/// Only metrics of ``MetricFamily`` with exactly their labels are kept. Any other, as a library might create, is
/// discarded, so that nothing outside that list can make the output grow.
package final class MetricStore: MetricsFactory, Sendable {
    private let families: [MetricFamily]
    private let samples: Mutex<[String: [[String]: MetricSample]]>

    package init(_ families: [MetricFamily] = MetricFamily.all) {
        self.families = families
        samples = Mutex([:])
    }

    /// The sample for these label values, in the order of the family's labels; created on first use. Callers should
    /// keep it.
    package func sample(_ family: MetricFamily, _ values: String...) -> MetricSample {
        precondition(values.count == family.labels.count, "\(family.name) needs a value for each label")
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

    /// Removes all values of a family with changing labels.
    func removeSamples(of family: MetricFamily) {
        samples.withLock { $0[family.name] = nil }
    }

    /// Removes all values with this value of a label.
    func removeSamples(where label: String, is value: String) {
        samples.withLock { samples in
            for family in families {
                guard let place = family.labels.firstIndex(of: label) else { continue }
                samples[family.name] = samples[family.name]?.filter { $0.key[place] != value }
            }
        }
    }

    /// The Prometheus text format 0.0.4: families in list order, values in label order. A family without values is left
    /// out unless it has no labels: then it is 0.
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

    /// A non-aggregating recorder is a gauge; there are no distributions.
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
