internal import RoundTrips

/// Whether a message looks like a probe of some relay; whose it is, the owner tells.
struct ProbeLook {
    /// The same for every copy of the message.
    let mark: Int

    /// nil for any other message.
    init?(_ header: [UInt8]) {
        let trace = HeaderTrace(parsing: header)
        let id = trace.messageID.map { $0.drop { $0 == 0x20 || $0 == 0x09 } } ?? []
        let isMarked = id.starts(with: "<\(ProbeToken.prefix)".utf8)
        guard isMarked || !trace.tokens.isEmpty else { return nil }
        let word = isMarked ? Array(id) : trace.tokens.first ?? []
        mark = word.filter { $0 > 0x20 }.hashValue
    }
}
