internal import Mail

extension ValueKind<Rate?> {
    /// A count per period; 0 is no limit.
    static let rate = rate(
        named: "rate", example: "600/m", parse: RateText.count,
        format: { String($0) })

    /// Octets per period; 0 is no limit.
    static let byteRate = rate(
        named: "size rate", example: "100MiB/m", parse: SizeText.parse, format: SizeText.format)

    private static let longest = Duration.seconds(30 * 86400)

    private static func rate(
        named name: String, example: String, parse: @escaping @Sendable (String) -> Int?,
        format: @escaping @Sendable (Int) -> String
    ) -> ValueKind {
        let remedy = "write for example \"\(example)\", or 0 for no limit"
        return ValueKind(name: name, bounds: "such as \(example), or 0") { (raw) throws(InvalidValue) in
            if raw == .integer(0) || raw == .string("0") { return nil }
            guard case .string(let text) = raw, let rate = RateText.parse(text, count: parse) else {
                throw InvalidValue("is not a rate", remedy)
            }
            guard rate.per <= longest else { throw InvalidValue("has too long a period", "write at most 30d") }
            return rate
        } write: { rate in
            rate.map { RawValue.quote(RateText.format($0, count: format)) } ?? "0"
        }
    }
}
