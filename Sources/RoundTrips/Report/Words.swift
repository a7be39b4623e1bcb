internal import Mail

/// Quantities and moments for people.
enum Words {
    /// `250 ms`, `2.1 s`, `12 min`, `3.5 h`.
    static func span(_ duration: Duration) -> String {
        let milliseconds = duration.wholeMilliseconds
        return switch milliseconds {
        case ..<1000: "\(milliseconds) ms"
        case ..<120_000: "\(tenths(milliseconds, 1000)) s"
        case ..<7_200_000: "\(milliseconds / 60_000) min"
        default: "\(tenths(milliseconds, 3_600_000)) h"
        }
    }

    private static func tenths(_ number: Int64, _ unit: Int64) -> String {
        let tenths = number * 10 / unit
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
    }

    /// `99.98 %`; rounded down, so that only all is 100 %.
    static func percent(_ share: Double) -> String {
        let hundredths = Int((share * 10_000 + 1e-6).rounded(.down))
        let (whole, part) = hundredths.quotientAndRemainder(dividingBy: 100)
        guard part > 0 else { return "\(whole) %" }
        return part % 10 == 0 ? "\(whole).\(part / 10) %" : "\(whole).\(part < 10 ? "0" : "")\(part) %"
    }

    /// `2026-11-21 10:00`, in UTC.
    static func minute(_ moment: Timestamp) -> String {
        let text = moment.rfc3339
        return "\(text.prefix(10)) \(text.dropFirst(11).prefix(5))"
    }

    /// `gmail through ses`, `gmail as routed`.
    static func path(_ path: TripPath) -> String {
        path.upstream.map { "\(path.trip) through \($0)" } ?? "\(path.trip) as routed"
    }
}
