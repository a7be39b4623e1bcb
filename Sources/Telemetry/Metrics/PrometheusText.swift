/// Writes metrics in the text format 0.0.4 of Prometheus ("Exposition formats", section "Text-based format").
struct PrometheusText {
    private(set) var text = ""

    /// - Parameter values: by label values, in units of the last decimal.
    mutating func append(_ family: MetricFamily, _ values: [(key: [String], value: Int)]) {
        guard !values.isEmpty else { return }
        text += "# HELP \(family.name) \(Self.escape(family.help, quotes: false))\n"
        text += "# TYPE \(family.name) \(family.kind.rawValue)\n"
        for (labels, value) in values {
            text += family.name + Self.braces(family.labels, labels) + " \(Self.number(value, family.decimals))\n"
        }
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
