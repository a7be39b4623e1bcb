internal import Mail

/// Rates as relay.conf writes them: `100/s`, `600/m`, `10000/h`.
enum RateText {
    private static let units: [(name: String, span: Duration)] = [
        ("s", .seconds(1)), ("m", .seconds(60)), ("h", .seconds(3600)),
    ]

    /// nil where the text is no rate. The count may be any number from 0.
    static func parse(_ text: String) -> (count: Int, per: Duration)? {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let unit = units.first(where: { $0.name == parts[1] }), !parts[0].isEmpty,
            parts[0].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let count = Int(parts[0])
        else { return nil }
        return (count, unit.span)
    }

    static func format(_ rate: Rate) -> String {
        guard let unit = units.first(where: { $0.span == rate.per }) else {
            preconditionFailure("a rate of relay.conf is of a second, a minute or an hour")
        }
        return "\(rate.count)/\(unit.name)"
    }
}
