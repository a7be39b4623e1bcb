/// A line of a content, or a piece of a line that is very long.
struct ContentLine {
    /// Without the end of the line.
    let octets: ArraySlice<UInt8>
    /// Whether the line begins here.
    let isStart: Bool
    /// Whether the line ends here, with CRLF.
    let hasEnd: Bool
    /// Whether this is all of a line, be it with an end or without one, as the last line of a content may be.
    let isWhole: Bool

    /// Whether this is an empty line.
    var isEmpty: Bool { isWhole && octets.isEmpty }
}

/// Cuts content that comes in parts into lines, in the same way however the parts are cut. Only CRLF ends a line.
struct ContentLines: Sendable {
    /// Octets of a line that are given at a time; no line that means anything to MIME is longer.
    static let pieceLimit = 1024

    private var held: [UInt8] = []
    private var isWithinLine = false

    /// The next line, taken from the beginning of `rest`; nil when more content is needed.
    mutating func next(_ rest: inout Slice<UnsafeRawBufferPointer>) -> ContentLine? {
        while !rest.isEmpty {
            let room = rest.prefix(Self.pieceLimit - held.count)
            let lineFeed = rest.base.position(of: 0x0A, in: room.startIndex..<room.endIndex)
            let end = lineFeed.map { $0 + 1 } ?? room.endIndex
            held.append(contentsOf: rest[..<end])
            rest = rest[end...]
            if lineFeed != nil, held.count > 1, held[held.count - 2] == 0x0D { return give(held.count - 2, .end) }
            // A CR that ends a piece may belong to the end of the line.
            guard held.count == Self.pieceLimit else { continue }
            return give(held.count - (held.last == 0x0D ? 1 : 0), .cut)
        }
        return nil
    }

    /// What is left when the content has ended, which has no line end; nil for nothing.
    mutating func last() -> ContentLine? {
        held.isEmpty ? nil : give(held.count, .content)
    }

    /// What a piece of a line ends with.
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
