internal import Mail

/// The `routing` column: a line `:route` where the user's settings name a route, then a line `name:value` for each field
/// that routes or upstreams look at, by name. Readable with the `sqlite3` tool.
enum RoutingText {
    /// Nil for ``RoutingFacts/none``, which is what most messages have.
    static func encode(_ facts: RoutingFacts) -> String? {
        guard facts.route != nil || !facts.headers.isEmpty else { return nil }
        var text = ""
        if let route = facts.route { append("", route, to: &text) }
        for (name, value) in facts.headers.sorted(by: { $0.key < $1.key }) { append(name, value, to: &text) }
        return text
    }

    /// Nil for text that ``encode(_:)`` cannot have written.
    static func decode(_ bytes: UnsafeRawBufferPointer) -> RoutingFacts? {
        guard bytes.last == newline else { return nil }
        var facts = RoutingFacts()
        for line in bytes.dropLast().split(separator: newline, omittingEmptySubsequences: false) {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return nil }
            let value = String(decoding: line[(colon + 1)...], as: UTF8.self)
            if colon == line.startIndex {
                facts.route = value
            } else {
                facts.headers[String(decoding: line[..<colon], as: UTF8.self)] = value
            }
        }
        return facts
    }

    private static let newline = UInt8(ascii: "\n")

    /// Whatever could end the line is a space.
    private static func append(_ name: String, _ value: String, to text: inout String) {
        text += name
        text += ":"
        for scalar in value.unicodeScalars {
            text.unicodeScalars.append(scalar == "\n" || scalar == "\r" ? " " : scalar)
        }
        text += "\n"
    }
}
