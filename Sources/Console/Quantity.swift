import Mail

/// Short forms of durations and sizes for tables.
package enum Quantity {
    /// `12s`, `3m`, `5h`, `2d`; at most four columns up to 999 days.
    package static func age(seconds: Int) -> String {
        switch max(0, seconds) {
        case let value where value < 100: "\(value)s"
        case let value where value < 6_000: "\(value / 60)m"
        case let value where value < 172_800: "\(value / 3_600)h"
        case let value: "\(value / 86_400)d"
        }
    }

    /// Time since an RFC 3339 timestamp.
    package static func age(since text: String, now: Timestamp) -> String {
        guard let moment = Timestamp(rfc3339: text) else { return "-" }
        return age(seconds: Int((now - moment).components.seconds))
    }

    /// Time until an RFC 3339 timestamp; `now` if it has passed, `-` if there is none.
    package static func wait(until text: String?, now: Timestamp) -> String {
        guard let text, let moment = Timestamp(rfc3339: text) else { return "-" }
        return moment <= now ? "now" : age(seconds: Int((moment - now).components.seconds + 1))
    }

    /// `512`, `4.0K`, `12M`: powers of 1024, at most four columns up to 999 of a unit.
    package static func size(_ octets: Int) -> String {
        var value = Double(octets)
        for unit in ["", "K", "M", "G", "T"] {
            if value < 999.5 || unit == "T" {
                if unit.isEmpty { return "\(octets)" }
                return value < 9.95 ? "\(tenths(value))\(unit)" : "\(Int(value.rounded()))\(unit)"
            }
            value /= 1024
        }
        return "\(octets)"
    }

    /// Milliseconds: `0.4`, `12`, `1.2s`.
    package static func latency(_ milliseconds: Double?) -> String {
        guard let milliseconds else { return "-" }
        if milliseconds < 9.95 { return tenths(milliseconds) }
        return milliseconds < 999.5 ? "\(Int(milliseconds.rounded()))" : tenths(milliseconds / 1000) + "s"
    }

    /// The same with its unit: `0.4 ms`, `12 ms`, `1.2 s`.
    package static func latencyWithUnit(_ milliseconds: Double) -> String {
        milliseconds < 999.5 ? "\(latency(milliseconds)) ms" : "\(tenths(milliseconds / 1000)) s"
    }

    /// The same for a column: `0.4ms`, `12ms`, `1.2s`.
    package static func narrowLatency(_ milliseconds: Double) -> String {
        milliseconds < 999.5 ? "\(latency(milliseconds))ms" : latency(milliseconds)
    }

    /// A part of 1: `25%`.
    package static func percent(_ share: Double) -> String {
        "\(Int((share * 100).rounded()))%"
    }

    /// `1 message`, `2 messages`.
    package static func count(_ number: Int, _ noun: String) -> String {
        number == 1 ? "1 \(noun)" : "\(number) \(noun)s"
    }

    /// `1,234,567`
    package static func grouped(_ number: Int) -> String {
        let digits = String(number)
        let places = digits.enumerated().map { index, digit in
            index > 0 && (digits.count - index).isMultiple(of: 3) ? ",\(digit)" : "\(digit)"
        }
        return places.joined()
    }

    private static func tenths(_ value: Double) -> String {
        let number = Int((value * 10).rounded())
        return "\(number / 10).\(number % 10)"
    }
}
