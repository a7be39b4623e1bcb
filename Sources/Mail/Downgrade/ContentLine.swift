/// A line of content, or a piece of a very long line.
struct ContentLine {
    /// Without the line end.
    let octets: ArraySlice<UInt8>
    /// Whether the line begins here.
    let isStart: Bool
    /// Whether the line ends here, with CRLF.
    let hasEnd: Bool
    /// Whether this is a whole line, with an end or, as the last line of content may be, without.
    let isWhole: Bool

    /// Whether this is an empty line.
    var isEmpty: Bool { isWhole && octets.isEmpty }
}

/// Splits content into lines, independently of how it arrives in parts. Only CRLF ends a line.
struct ContentLines: Sendable {
    /// Maximum octets of a line returned at once; no line significant to MIME is longer.
    static let pieceLimit = 1024

    private var held: [UInt8] = []
    private var isWithinLine = false

    /// The next line, removed from the front of `rest`; nil if more content is needed.
    mutating func next(_ rest: inout Slice<UnsafeRawBufferPointer>) -> ContentLine? {
        while !rest.isEmpty {
            let room = rest.prefix(Self.pieceLimit - held.count)
            let lineFeed = rest.base.position(of: 0x0A, in: room.startIndex..<room.endIndex)
            let end = lineFeed.map { $0 + 1 } ?? room.endIndex
            held.append(contentsOf: rest[..<end])
            rest = rest[end...]
            if lineFeed != nil, held.count > 1, held[held.count - 2] == 0x0D { return give(held.count - 2, .end) }
            // A CR at the end of a piece may belong to the line end.
            guard held.count == Self.pieceLimit else { continue }
            return give(held.count - (held.last == 0x0D ? 1 : 0), .cut)
        }
        return nil
    }

    /// The remainder at the end of the content, without a line end; nil if there is none.
    mutating func last() -> ContentLine? {
        held.isEmpty ? nil : give(held.count, .content)
    }

    /// How a piece of a line ends.
    private enum Ending { case end, cut, content }

    private mutating func give(_ count: Int, _ ending: Ending) -> ContentLine {
        let isStart = !isWithinLine
        let line = ContentLine(
            octets: held[..<count], isStart: isStart, hasEnd: ending == .end, isWhole: isStart && ending != .cut)
        held = Array(held[(count + (ending == .end ? 2 : 0))...])
        isWithinLine = ending != .end
        return line
    }
}
