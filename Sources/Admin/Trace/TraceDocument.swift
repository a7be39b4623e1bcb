package import Dialogue
internal import Mail

/// One line of a trace; property names match the JSON.
package struct TraceDocument: Hashable, Sendable, Codable {
    package var at: String
    /// Number of the session; nil for what is about the trace.
    package var session: UInt64?
    /// `client` or `upstream`; nil for what is about the trace.
    package var side: String?
    /// The other end, as `192.0.2.1:25`.
    package var peer: String?
    /// Its name; nil for a client.
    package var upstream: String?
    /// `received` or `sent` by the relay, or a `note`.
    package var direction: String
    package var text: String

    private enum CodingKeys: String, CodingKey {
        case at, session, side, peer, upstream, direction, text
    }

    package init(_ line: TraceLine) {
        at = line.at.rfc3339
        session = line.session
        side = line.party?.side
        peer = line.party?.peer
        upstream = line.party?.upstream
        direction = line.direction.rawValue
        text = line.text
    }

    /// Every name is always present; unknown values are null.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(at, forKey: .at)
        try container.encode(session, forKey: .session)
        try container.encode(side, forKey: .side)
        try container.encode(peer, forKey: .peer)
        try container.encode(upstream, forKey: .upstream)
        try container.encode(direction, forKey: .direction)
        try container.encode(text, forKey: .text)
    }
}

/// How a trace has ended; property names match the JSON.
package struct TraceEndDocument: Hashable, Sendable, Codable {
    /// `time`, `stop` or `revoked`: a reader that has gone is told nothing.
    package var end: String
    package var lines: Int
    package var dropped: Int
    package var seconds: Double

    init(_ summary: TraceSummary) {
        end = summary.end.rawValue
        (lines, dropped) = (summary.lines, summary.dropped)
        seconds = Double(summary.lasted.wholeMilliseconds) / 1000
    }
}
