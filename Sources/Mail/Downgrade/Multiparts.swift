/// The stack of enclosing multiparts, innermost last, and the lines that delimit them (RFC 2046 section 5.1).
struct Multiparts: Sendable {
    /// More levels than any mail has.
    static let limit = 64

    private struct Level {
        let boundary: [UInt8]
        let isDigest: Bool
    }

    /// A line that separates parts, or ends the last one.
    struct Delimiter: Equatable {
        /// The level it belongs to; inner levels have ended.
        let level: Int
        let isLast: Bool
    }

    private var levels: [Level] = []

    var isEmpty: Bool { levels.isEmpty }
    var hasRoom: Bool { levels.count < Self.limit }
    /// Default content type of a part.
    var defaultType: ContentType { levels.last?.isDigest == true ? .message : .text }

    mutating func enter(_ boundary: [UInt8], isDigest: Bool) {
        levels.append(Level(boundary: boundary, isDigest: isDigest))
    }

    mutating func leave(at delimiter: Delimiter) {
        levels.removeLast(levels.count - delimiter.level - (delimiter.isLast ? 0 : 1))
    }

    /// What the line delimits; nil for an ordinary line. A delimiter of an outer level ends the inner ones, even
    /// without their closing delimiters.
    func delimiter(_ line: ArraySlice<UInt8>) -> Delimiter? {
        guard line.starts(with: [0x2D, 0x2D]) else { return nil }
        let text = line.dropFirst(2)
        for level in levels.indices.reversed() where text.starts(with: levels[level].boundary) {
            var rest = text.dropFirst(levels[level].boundary.count)
            let isLast = rest.starts(with: [0x2D, 0x2D])
            if isLast { rest = rest.dropFirst(2) }
            if rest.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) { return Delimiter(level: level, isLast: isLast) }
        }
        return nil
    }
}
