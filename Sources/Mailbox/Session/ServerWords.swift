internal import Mail

/// A server's words for the operator: on one line, harmless to a terminal, cut, and without what must not be shown.
struct ServerWords {
    /// Octets that are shown of an answer.
    static let longest = 300

    /// What was sent to log in, in every form it was sent in.
    private var secrets: [[UInt8]] = []

    /// A text that is hidden from now on; shorter ones than four octets would hide ordinary words.
    mutating func hide(_ secret: some Collection<UInt8>) {
        if secret.count >= 4 { secrets.append(Array(secret)) }
    }

    mutating func forget() { secrets = [] }

    /// The text, nil if there is none.
    func text(_ octets: some Collection<UInt8>) -> String? {
        guard !octets.isEmpty else { return nil }
        let octets = Array(octets)
        if secrets.contains(where: { octets.holds($0) }) { return "(the answer repeats what was sent to log in)" }
        return Self.visible(octets)
    }

    /// The beginning of the octets.
    static func visible(_ octets: some Collection<UInt8>) -> String {
        let text = VisibleLine.of(String(decoding: octets.prefix(longest), as: UTF8.self))
        return octets.count > longest ? "\(text)…" : text
    }
}

extension [UInt8] {
    fileprivate func holds(_ part: [UInt8]) -> Bool {
        guard part.count <= count else { return false }
        return (0...count - part.count).contains { start in
            self[start] == part[0] && self[start..<start + part.count].elementsEqual(part)
        }
    }
}
