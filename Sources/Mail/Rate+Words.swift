extension Rate {
    /// A number of messages per second, in the largest unit that shows it: `13 messages a second`, `10 messages a day`.
    package static func words(messagesPerSecond rate: Double) -> String {
        let units: [(name: String, seconds: Double)] = [
            ("a second", 1), ("a minute", 60), ("an hour", 3600), ("a day", 86_400),
        ]
        let unit = units.first { rate * $0.seconds >= 0.995 } ?? units[units.count - 1]
        let number = text(rate * unit.seconds)
        return "\(number) \(number == "1" ? "message" : "messages") \(unit.name)"
    }

    /// Whole above 10, one decimal below unless it is zero.
    private static func text(_ number: Double) -> String {
        let tenths = Int((number * 10).rounded())
        guard tenths < 100, tenths % 10 != 0 else { return "\(Int(number.rounded()))" }
        return "\(tenths / 10).\(tenths % 10)"
    }
}
