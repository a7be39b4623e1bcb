/// A value of relay.conf as TOML gives it.
enum RawValue: Hashable, Sendable {
    case string(String)
    case integer(Int)
    case float(Double)
    case boolean(Bool)
    /// A date, a time or both; no key takes one.
    case date
    case list([RawValue])
    case table([String: RawValue])

    /// How a problem names the value: scalars as they would be written.
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

    /// A basic string of TOML; long text is cut, so that a problem stays one line.
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
