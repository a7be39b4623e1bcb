/// A value of relay.conf as parsed from TOML.
enum RawValue: Hashable, Sendable {
    case string(String)
    case integer(Int)
    case float(Double)
    case boolean(Bool)
    /// A date, a time or both; no key accepts one.
    case date
    case list([RawValue])
    case table([String: RawValue])

    /// The value as shown in a problem: scalars as they would be written.
    var shown: String {
        switch self {
        case .string(let text): Self.quote(text)
        case .integer(let number): String(number)
        case .float(let number): String(number)
        case .boolean(let flag): String(flag)
        case .date: "a date"
        case .list: "a list"
        case .table: "a table"
        }
    }

    /// A TOML basic string; long text is truncated so that a problem stays on one line.
    static func quote(_ text: String, limit: Int = 80) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars.prefix(limit) {
            switch scalar {
            case "\"", "\\": quoted += "\\\(scalar)"
            case "\n": quoted += "\\n"
            case "\t": quoted += "\\t"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                let digits = String(scalar.value, radix: 16, uppercase: true)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            case _: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + (text.unicodeScalars.count > limit ? "…\"" : "\"")
    }
}
