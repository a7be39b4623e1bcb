package import CoreMetrics
package import Mail
import Synchronization

/// The metrics of one relay, rendered for Prometheus. A swift-metrics factory that is passed explicitly; nothing is
/// installed process-wide.
///
/// Only metrics of ``MetricFamily`` with exactly their labels are kept. Any other, as a library might create, is
/// discarded, so that nothing outside that list can make the output grow.
package final class MetricStore: MetricsFactory, Sendable {
    private let families: [MetricFamily]
    /// By name, then by label values.
    private let contents = Mutex(Contents())

    private struct Contents {
        var samples: [String: [[String]: MetricSample]] = [:]
        var histograms: [String: [[String]: Histogram]] = [:]
    }

    package init(_ families: [MetricFamily] = MetricFamily.all) {
        self.families = families
    }

    /// The sample for these label values, in the order of the family's labels; created on first use. Callers should
    /// keep it.
    package func sample(_ family: MetricFamily, _ values: String...) -> MetricSample {
        precondition(values.count == family.labels.count, "\(family.name) needs a value for each label")
        return sample(of: family, values)
    }

    private func sample(of family: MetricFamily, _ values: [String]) -> MetricSample {
        contents.withLock { contents in
            if let sample = contents.samples[family.name]?[values] { return sample }
            let sample = MetricSample(decimals: family.decimals)
            contents.samples[family.name, default: [:]][values] = sample
            return sample
        }
    }

    /// The histogram for these label values, likewise.
    package func histogram(_ family: MetricFamily, _ values: String...) -> Histogram {
        precondition(values.count == family.labels.count, "\(family.name) needs a value for each label")
        return contents.withLock { contents in
            if let histogram = contents.histograms[family.name]?[values] { return histogram }
            let histogram = Histogram(family.bounds)
            contents.histograms[family.name, default: [:]][values] = histogram
            return histogram
        }
    }

    /// Removes the values of a family with changing labels, but those with these label values: they are there all the
    /// time, also for a scrape that is going on.
    func removeSamples(of family: MetricFamily, except listed: Set<[String]>) {
        contents.withLock { contents in
            contents.samples[family.name] = contents.samples[family.name]?.filter { listed.contains($0.key) }
        }
    }

    /// Removes all values that `isGone` says so of, by their family and the values of its labels.
    func removeSamples(where isGone: (MetricFamily, [String]) -> Bool) {
        contents.withLock { contents in
            for family in families where !family.labels.isEmpty {
                contents.samples[family.name] = contents.samples[family.name]?.filter { !isGone(family, $0.key) }
                contents.histograms[family.name] = contents.histograms[family.name]?.filter { !isGone(family, $0.key) }
            }
        }
    }

    /// Removes all values with this value of a label.
    func removeSamples(where label: String, is value: String) {
        contents.withLock { contents in
            for family in families {
                guard let place = family.labels.firstIndex(of: label) else { continue }
                contents.samples[family.name] = contents.samples[family.name]?.filter { $0.key[place] != value }
                contents.histograms[family.name] = contents.histograms[family.name]?.filter { $0.key[place] != value }
            }
        }
    }

    /// The Prometheus text format 0.0.4: families in list order, values in label order. A family without values is left
    /// out unless it has no labels: then it is 0.
    package func text() -> String {
        let (samples, histograms) = contents.withLock { contents in
            (
                contents.samples.mapValues { $0.mapValues(\.value) },
                contents.histograms.mapValues { $0.mapValues(\.reading) }
            )
        }
        var text = PrometheusText()
        for family in families {
            switch family.kind {
            case .counter, .gauge:
                let values = samples[family.name] ?? (family.labels.isEmpty ? [[]: 0] : [:])
                text.append(family, values.sorted { $0.key.lexicographicallyPrecedes($1.key) })
            case .histogram:
                let empty = Histogram(family.bounds).reading
                let readings = histograms[family.name] ?? (family.labels.isEmpty ? [[]: empty] : [:])
                text.append(family, readings.sorted { $0.key.lexicographicallyPrecedes($1.key) })
            }
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
