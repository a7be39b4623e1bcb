/// Durations as written in relay.conf: `800ms`, `30s`, `1.5s`, `5m`, `2h`, `3d`; whole milliseconds.
package enum DurationText {
    static let units: [(name: String, milliseconds: Int)] = [
        ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1),
    ]

    /// nil if the text is not a duration, or exceeds 292 million years.
    package static func parse(_ text: String) -> Duration? {
        guard let quantity = Quantity(text), let unit = units.first(where: { $0.name == quantity.unit }) else {
            return nil
        }
        return quantity.times(unit.milliseconds).map { .milliseconds($0) }
    }

    /// In the largest unit that yields a whole number.
    package static func format(_ duration: Duration) -> String {
        let milliseconds = duration / .milliseconds(1)
        let whole = Int(milliseconds.rounded())
        guard whole != 0, let unit = units.first(where: { whole % $0.milliseconds == 0 }) else { return "0s" }
        return "\(whole / unit.milliseconds)\(unit.name)"
    }
}
