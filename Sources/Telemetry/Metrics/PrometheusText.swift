internal import Mail

/// Writes metrics in the text format 0.0.4 of Prometheus ("Exposition formats", section "Text-based format").
struct PrometheusText {
    private(set) var text = ""

    /// - Parameter values: by label values, in units of the last decimal.
    mutating func append(_ family: MetricFamily, _ values: [(key: [String], value: Int)]) {
        guard !values.isEmpty else { return }
        appendHead(of: family)
        for (labels, value) in values {
            append(family.name, family.labels, labels, Self.number(value, family.decimals))
        }
    }

    /// Buckets are cumulative: each counts all values up to its bound.
    ///
    /// - Parameter readings: by label values.
    mutating func append(_ family: MetricFamily, _ readings: [(key: [String], value: Histogram.Reading)]) {
        guard !readings.isEmpty else { return }
        appendHead(of: family)
        let bounds = family.bounds.map { Self.bound($0, family.decimals) } + ["+Inf"]
        for (labels, reading) in readings {
            var count = 0
            for (bound, values) in zip(bounds, reading.counts) {
                count += values
                append(family.name + "_bucket", family.labels + ["le"], labels + [bound], "\(count)")
            }
            append(family.name + "_sum", family.labels, labels, Self.number(reading.sum, family.decimals))
            append(family.name + "_count", family.labels, labels, "\(count)")
        }
    }

    private mutating func appendHead(of family: MetricFamily) {
        text += "# HELP \(family.name) \(Self.escape(family.help, quotes: false))\n"
        text += "# TYPE \(family.name) \(family.kind.rawValue)\n"
    }

    private mutating func append(_ name: String, _ names: [String], _ labels: [String], _ value: String) {
        text += name + Self.braces(names, labels) + " \(value)\n"
    }

    /// A bound is a label: as short as it can be written.
    private static func bound(_ value: Int, _ decimals: Int) -> String {
        let text = number(value, decimals)
        guard text.contains(".") else { return text }
        let digits = text.reversed().drop { $0 == "0" }
        return String((digits.first == "." ? digits.dropFirst() : digits).reversed())
    }

    private static func number(_ value: Int, _ decimals: Int) -> String {
        guard value != MetricSample.infinity else { return "+Inf" }
        guard decimals > 0 else { return "\(value)" }
        let digits = String(value.magnitude)
        let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
        return (value < 0 ? "-" : "") + padded.dropLast(decimals) + "." + padded.suffix(decimals)
    }

    private static func braces(_ names: [String], _ values: [String]) -> String {
        guard !names.isEmpty else { return "" }
        let pairs = zip(names, values).map { "\($0)=\"\(escape($1, quotes: true))\"" }
        return "{" + pairs.joined(separator: ",") + "}"
    }

    private static func escape(_ text: String, quotes: Bool) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quotes: escaped += "\\\""
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
