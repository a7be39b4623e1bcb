/// Gathers the octets of a command: its lines and literals (RFC 9051 section 2.2.1).
struct IMAPCommandFramer {
    enum Piece: Equatable {
        /// Without its line end; literals are in place, behind their `{n}` CRLF.
        case command([UInt8])
        /// The client waits for a continuation before it sends a literal.
        case literalAnnounced
        /// Nothing behind it can be understood.
        case tooLong
    }

    /// Octets of a command with its literals.
    static let limit = 1 << 14

    private var held: [UInt8] = []
    /// Where the line begins that is not complete.
    private var lineStart = 0

    mutating func append(_ octets: some Sequence<UInt8>) { held += octets }

    /// Nil if more octets are needed.
    mutating func next() -> Piece? {
        while lineStart <= held.count, let end = held[lineStart...].firstIndex(of: 10) {
            let line = held[lineStart..<end].last == 13 ? held[lineStart..<(end - 1)] : held[lineStart..<end]
            guard let literal = Self.literal(line) else {
                let command = Array(held[..<line.endIndex])
                held.removeFirst(end + 1)
                lineStart = 0
                return command.count <= Self.limit ? .command(command) : .tooLong
            }
            guard end + 1 + literal.count <= Self.limit else { return .tooLong }
            lineStart = end + 1 + literal.count
            if literal.isAnnounced { return .literalAnnounced }
        }
        return held.count > Self.limit ? .tooLong : nil
    }

    /// `{3}`, which waits, or `{3+}` (RFC 7888), at the end of a line.
    private static func literal(_ line: ArraySlice<UInt8>) -> (count: Int, isAnnounced: Bool)? {
        guard line.last == UInt8(ascii: "}"), let start = line.lastIndex(of: UInt8(ascii: "{")) else { return nil }
        let inside = line[(start + 1)..<(line.endIndex - 1)]
        let digits = inside.last == UInt8(ascii: "+") ? inside.dropLast() : inside
        guard (1...9).contains(digits.count), let count = Int(String(decoding: digits, as: UTF8.self)), count >= 0
        else { return nil }
        return (count, digits.count == inside.count)
    }
}
