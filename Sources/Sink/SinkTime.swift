/// Times as written in the options of a sink.
package enum SinkTime {
    /// `200ms`, `2s` or `1.5s`; nil for anything else.
    package static func duration(_ text: some StringProtocol) -> Duration? {
        let isMilliseconds = text.hasSuffix("ms")
        guard text.hasSuffix("s"), let number = Double(text.dropLast(isMilliseconds ? 2 : 1)), number >= 0,
            number < 1e6
        else { return nil }
        return isMilliseconds ? .microseconds(Int64(number * 1000)) : .milliseconds(Int64(number * 1000))
    }
}
