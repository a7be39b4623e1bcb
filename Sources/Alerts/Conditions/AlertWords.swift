internal import Mail

/// Figures, and words of strangers, as sentences have them.
package enum AlertWords {
    /// `0.4 s`, `12 s`, `3 minutes`, `5 hours`, `2 days`: rounded down, so that nothing sounds worse than it is.
    package static func duration(_ duration: Duration) -> String {
        let seconds = max(0, duration / .seconds(1))
        switch seconds {
        case ..<10: return "\((seconds * 10).rounded(.down) / 10) s"
        case ..<120: return "\(Int(seconds)) s"
        case ..<7200: return "\(Int(seconds / 60)) minutes"
        case ..<172_800: return "\(Int(seconds / 3600)) hours"
        case _: return "\(Int(min(seconds / 86_400, 1e9))) days"
        }
    }

    /// `512 B`, `1.4 GiB`.
    package static func octets(_ octets: Int) -> String {
        var value = Double(max(0, octets))
        for unit in ["B", "KiB", "MiB", "GiB"] {
            if value < 1024 { return unit == "B" ? "\(Int(value)) B" : "\(tenths(value)) \(unit)" }
            value /= 1024
        }
        return "\(tenths(value)) TiB"
    }

    package static func percent(_ share: Double) -> String { "\(tenths(share)) %" }

    package static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }

    /// Characters of a stranger's words that a sentence has.
    static let longestQuotation = 200

    /// The beginning of what a stranger has said, such as an upstream in its reply, on one line and visible.
    package static func quotation(_ words: String) -> String {
        let scalars = words.unicodeScalars
        let isLong = scalars.count > longestQuotation
        let beginning = isLong ? String(String.UnicodeScalarView(scalars.prefix(longestQuotation))) + "…" : words
        return VisibleLine.of(beginning)
    }

    private static func tenths(_ value: Double) -> String {
        let rounded = (value * 10).rounded() / 10
        return rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)"
    }
}
