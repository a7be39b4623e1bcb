internal import Mail

/// Numbers as text, without the noise of binary fractions.
enum Decimals {
    /// With milliseconds, as far as there are any: `2.1`.
    static func seconds(_ duration: Duration) -> String { text(duration.wholeMilliseconds, digits: 3) }

    /// 0 to 1, with six digits at most: `0.9987`. Rounded down, so that only all is 1.
    static func share(_ share: Double) -> String { text(Int64((share * 1e6 + 1e-6).rounded(.down)), digits: 6) }

    private static func text(_ number: Int64, digits: Int) -> String {
        let all = String(number.magnitude)
        let padded = String(repeating: "0", count: max(0, digits + 1 - all.count)) + all
        var fraction = padded.suffix(digits)
        while fraction.last == "0" { fraction.removeLast() }
        let whole = (number < 0 ? "-" : "") + padded.dropLast(digits)
        return fraction.isEmpty ? whole : "\(whole).\(fraction)"
    }
}
