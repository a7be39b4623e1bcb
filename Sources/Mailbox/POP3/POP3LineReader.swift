/// Splits a POP3 server's octets into lines, and counts what one answer has (RFC 1939 section 3).
///
/// In a multi-line answer only CRLF ends a line: a bare LF may be in a message, and must not make a line of its own that
/// could be taken for the end. Of a long line the beginning is kept.
struct POP3LineReader: Sendable {
    /// Octets kept of a line; a line of an answer has 512, one of a message 998.
    static let longest = 64 << 10

    private let limit: Int
    private var held: [UInt8] = []
    private var isLastReturn = false
    /// Octets of the answer so far.
    private var octets = 0

    /// - Parameter limit: octets of one multi-line answer.
    init(limit: Int) {
        self.limit = limit
    }

    /// Octets held.
    var count: Int { held.count }

    /// A new answer begins.
    mutating func beginAnswer() { octets = 0 }

    /// The next line without its end; nil if all octets are taken and more are needed.
    ///
    /// - Parameter isMultiline: whether the line belongs to a multi-line answer.
    /// - Throws: ``MailboxError`` `tooLarge`.
    mutating func next(_ rest: inout ArraySlice<UInt8>, isMultiline: Bool) throws(MailboxError) -> [UInt8]? {
        while let feed = rest.firstIndex(of: 0x0A) {
            let part = rest[..<feed]
            let isEnd = !isMultiline || (part.last.map { $0 == 0x0D } ?? isLastReturn)
            try take(isEnd ? part : rest[...feed], isMultiline)
            rest = rest[(feed + 1)...]
            if isEnd { return endLine() }
        }
        try take(rest, isMultiline)
        rest = []
        return nil
    }

    private mutating func take(_ part: ArraySlice<UInt8>, _ isMultiline: Bool) throws(MailboxError) {
        octets += part.count
        let limit = isMultiline ? limit : Self.longest
        guard octets <= limit else { throw .tooLarge("an answer of the server has more than \(limit) octets") }
        held += part.prefix(Self.longest - held.count)
        if let last = part.last { isLastReturn = last == 0x0D }
    }

    private mutating func endLine() -> [UInt8] {
        var line = held
        if isLastReturn, line.last == 0x0D { line.removeLast() }
        held.removeAll(keepingCapacity: held.count < 4096)
        isLastReturn = false
        return line
    }
}
