package import Mail

/// The `routing` column: a line `:route` if the user's settings name a route, then a line `name:value` for each header
/// field that routes or upstreams use, by name, and a line ` relays:name name` of relays that have carried the message,
/// a line ` sought:name name` of fields that relay.conf adds, a line ` stream:name`, and a line ` probe:number upstream trip`,
/// without the upstream for one that goes as routed; no header field name contains a space, and older releases take such a
/// line for a field that no route matches. Readable with the `sqlite3` tool.
package enum RoutingText {
    /// Nil for ``RoutingFacts/none``, as for most messages.
    package static func encode(_ facts: RoutingFacts) -> String? {
        guard facts != .none else { return nil }
        var text = ""
        if let route = facts.route { append("", route, to: &text) }
        for (name, value) in facts.headers.sorted(by: { $0.key < $1.key }) { append(name, value, to: &text) }
        if !facts.relays.isEmpty { append(relays, facts.relays.joined(separator: " "), to: &text) }
        if !facts.sought.isEmpty { append(sought, facts.sought.joined(separator: " "), to: &text) }
        if let name = facts.stream { append(stream, name, to: &text) }
        if let mark = facts.probe { append(probe, "\(mark.number) \(mark.upstream ?? "") \(mark.trip)", to: &text) }
        return text
    }

    /// Nil for text that ``encode(_:)`` cannot have written.
    package static func decode(_ bytes: UnsafeRawBufferPointer) -> RoutingFacts? {
        guard bytes.last == newline else { return nil }
        var facts = RoutingFacts()
        for line in bytes.dropLast().split(separator: newline, omittingEmptySubsequences: false) {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return nil }
            let value = String(decoding: line[(colon + 1)...], as: UTF8.self)
            switch String(decoding: line[..<colon], as: UTF8.self) {
            case "": facts.route = value
            case relays: facts.relays = value.split(separator: " ").map(String.init)
            case sought: facts.sought = value.split(separator: " ").map(String.init)
            case stream: facts.stream = value
            case probe:
                guard let mark = ProbeMark(stored: value) else { return nil }
                facts.probe = mark
            case let name: facts.headers[name] = value
            }
        }
        return facts
    }

    /// The stream alone, without reading the rest; nil if there is none.
    package static func streamName(of bytes: UnsafeRawBufferPointer) -> String? {
        let line = bytes.split(separator: newline).first { $0.starts(with: streamStart) }
        return line.map { String(decoding: $0.dropFirst(streamStart.count), as: UTF8.self) }
    }

    private static let relays = " relays"
    private static let sought = " sought"
    private static let stream = " stream"
    private static let probe = " probe"
    private static let streamStart = Array("\(stream):".utf8)
    private static let newline = UInt8(ascii: "\n")

    /// Anything that could end the line becomes a space.
    private static func append(_ name: String, _ value: String, to text: inout String) {
        text += name
        text += ":"
        for scalar in value.unicodeScalars {
            text.unicodeScalars.append(scalar == "\n" || scalar == "\r" ? " " : scalar)
        }
        text += "\n"
    }
}

extension ProbeMark {
    /// - Parameter text: the number, the upstream and the round trip, which alone may contain spaces.
    fileprivate init?(stored text: String) {
        let parts = text.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let number = UInt64(parts[0]) else { return nil }
        self.init(trip: String(parts[2]), upstream: parts[1].isEmpty ? nil : String(parts[1]), number: number)
    }
}
