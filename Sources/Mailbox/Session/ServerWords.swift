internal import Mail

/// A server's words for the operator: on one line, harmless to a terminal, cut, and without what must not be shown.
struct ServerWords {
    /// Octets that are shown of an answer.
    static let longest = 300

    /// Octets in a row that tell a secret.
    private static let window = 8

    /// What was sent to log in, in every form it was sent in.
    private var secrets: [[UInt8]] = []

    /// A text that is hidden from now on, and parts of it; shorter ones than four octets would hide ordinary words.
    mutating func hide(_ secret: some Collection<UInt8>) {
        if secret.count >= 4 { secrets.append(Array(secret)) }
    }

    /// The text, nil if there is none.
    func text(_ octets: some Collection<UInt8>) -> String? {
        guard !octets.isEmpty else { return nil }
        let shown = Array(octets.prefix(Self.longest))
        if secrets.contains(where: { Self.hasPart(of: $0, shown) }) {
            return "(the answer repeats what was sent to log in)"
        }
        return Self.visible(octets)
    }

    private static func hasPart(of secret: [UInt8], _ text: [UInt8]) -> Bool {
        let length = min(window, secret.count)
        guard length <= text.count else { return false }
        let windows = Set((0...secret.count - length).map { secret[$0..<$0 + length] })
        return (0...text.count - length).contains { windows.contains(text[$0..<$0 + length]) }
    }

    /// The beginning of the octets.
    static func visible(_ octets: some Collection<UInt8>) -> String {
        let text = VisibleLine.of(String(decoding: octets.prefix(longest), as: UTF8.self))
        return octets.count > longest ? "\(text)…" : text
    }
}
