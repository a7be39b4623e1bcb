/// Samples in the text format 0.0.4 of Prometheus, as far as `top` needs them: without comments and time stamps.
struct MetricLines {
    struct Sample: Equatable {
        let name: String
        let labels: [String: String]
        let value: Double
    }

    let samples: [Sample]

    init(_ text: String) {
        samples = text.split(separator: "\n").filter { !$0.hasPrefix("#") }.compactMap(Self.sample)
    }

    private static func sample(_ line: Substring) -> Sample? {
        guard let space = line.lastIndex(of: " "), let value = Double(line[line.index(after: space)...]) else {
            return nil
        }
        let head = line[..<space]
        guard let brace = head.firstIndex(of: "{") else {
            return Sample(name: String(head), labels: [:], value: value)
        }
        return Sample(name: String(head[..<brace]), labels: labels(head[brace...].dropFirst()), value: value)
    }

    /// `a="1",b="2"}`. A value may have a quote, a backslash or a line end in it, behind a backslash.
    private static func labels(_ text: Substring) -> [String: String] {
        var labels: [String: String] = [:]
        var rest = text
        while let equals = rest.firstIndex(of: "=") {
            let name = String(rest[..<equals])
            rest = rest[equals...].dropFirst(2)
            labels[name] = value(&rest)
            rest = rest.drop { $0 == "," }
        }
        return labels
    }

    /// Reads up to the closing quote, and goes behind it.
    private static func value(_ rest: inout Substring) -> String {
        var value = ""
        var isEscaped = false
        while let character = rest.popFirst() {
            if isEscaped {
                value.append(character == "n" ? "\n" : character)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else if character == "\"" {
                break
            } else {
                value.append(character)
            }
        }
        return value
    }
}
