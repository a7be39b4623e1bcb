internal import Mail

/// Rates as written in relay.conf: `600/m`, `10/s`, `100MiB/m`; `600/5m` for a multiple of a unit.
enum RateText {
    /// nil if the text is not a rate, or allows nothing.
    static func parse(_ text: String, count: (String) -> Int?) -> Rate? {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let count = count(String(parts[0])), count > 0 else { return nil }
        let isUnit = DurationText.units.contains { $0.name == parts[1] }
        guard let per = DurationText.parse((isUnit ? "1" : "") + String(parts[1])), per > .zero else { return nil }
        return Rate(count: count, per: per)
    }

    /// Digits only; nil for anything else.
    @Sendable
    static func count(_ text: String) -> Int? {
        text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(text) : nil
    }

    static func format(_ rate: Rate, count: (Int) -> String) -> String {
        let per = DurationText.format(rate.per)
        let isOne = DurationText.units.contains { "1" + $0.name == per }
        return count(rate.count) + "/" + (isOne ? String(per.dropFirst()) : per)
    }
}
