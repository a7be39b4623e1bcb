/// A JSON object on one line (RFC 8259), name by name.
struct JSONText {
    private var fields: [String] = []

    var text: String { "{\(fields.joined(separator: ","))}" }

    static func list(_ values: [String]) -> String { "[\(values.joined(separator: ","))]" }

    /// - Parameter raw: JSON; nil is `null`.
    mutating func put(_ name: String, raw: String?) { fields.append("\(Self.quoted(name)):\(raw ?? "null")") }

    mutating func put(_ name: String, _ text: String?) { put(name, raw: text.map(Self.quoted)) }

    mutating func put(_ path: TripPath) {
        put("name", path.trip)
        put("upstream", path.upstream)
        put("mailbox", path.mailbox)
    }

    mutating func put(_ rollup: TripRollup) {
        for (name, value) in rollup.figures { put(name, raw: value) }
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": result += "\\\(scalar)"
            case "\u{0}"..<" ", "\u{7F}", "\u{2028}", "\u{2029}":
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
