/// Builds a JSON object on one line; control characters and quotes in values are escaped (RFC 8259 section 7).
struct JSONLine {
    private var body = "{"

    var text: String { body + "}" }

    mutating func add(_ name: String, _ value: Int) {
        begin(name)
        body += String(value)
    }

    mutating func add(_ name: String, _ value: Bool) {
        begin(name)
        body += value ? "true" : "false"
    }

    mutating func add(_ name: String, _ value: String?) {
        begin(name)
        append(value)
    }

    mutating func add(_ name: String, _ values: [String]) {
        begin(name)
        body += "["
        for (index, value) in values.enumerated() {
            if index > 0 { body += "," }
            append(value)
        }
        body += "]"
    }

    private mutating func begin(_ name: String) {
        if body.utf8.count > 1 { body += "," }
        body += "\"\(name)\":"
    }

    private mutating func append(_ value: String?) {
        guard let value else {
            body += "null"
            return
        }
        body += "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": body += "\\\""
            case "\\": body += "\\\\"
            case "\u{0}"..<" ", "\u{7F}": body += Self.escape(scalar)
            default: body.unicodeScalars.append(scalar)
            }
        }
        body += "\""
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16)
        return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
}
