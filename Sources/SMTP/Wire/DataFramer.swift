internal import Mail

/// Finds the end of mail data, and anything that makes its lines ambiguous, however the data is split (RFC 5321
/// sections 2.3.8, 4.1.1.4 and 4.5.2).
///
/// Only CRLF ends a line, and only CRLF, dot, CRLF ends the data; if nothing precedes the dot, the first CRLF is that
/// of the DATA command. A bare CR or LF is neither, and is detected anywhere; so is a line of a dot and NULs. NUL
/// elsewhere and all other octets pass: RFC 5321 allows every ASCII code in mail data.
package struct DataFramer: Sendable {
    /// The result of scanning a part.
    package struct Part: Hashable, Sendable {
        /// Number of octets from the start that are content, with dots still stuffed.
        package let content: Int
        /// Number of octets consumed: the content, and the final dot with its line end. The others (at most two) must
        /// be passed again, followed by the next octets.
        package let consumed: Int
        package let isLast: Bool
    }

    /// Octets of content so far, with dots stuffed.
    package private(set) var octets = 0
    /// Number of dots among them that were added by stuffing.
    package private(set) var stuffedDots = 0
    /// Whether a CR without LF or an LF without CR has occurred.
    package private(set) var hasBareLineEnd = false
    private var isAtLineStart = true
    private var hiddenEnd = HiddenEnd()

    package init() {}

    /// Whether there was a line that would end the data if its NULs were dropped.
    package var hasHiddenEnd: Bool { hiddenEnd.isFound }

    /// Octets of the content without dot stuffing.
    package var size: Int { octets - stuffedDots }

    /// Scans the next part: what was not consumed last time, followed by what has arrived since.
    package mutating func scan(_ bytes: UnsafeRawBufferPointer) -> Part {
        var index = 0
        while index < bytes.count {
            if isAtLineStart, bytes[index] == UInt8(ascii: ".") {
                switch dot(bytes, at: index) {
                case .final: return end(content: index)
                case .undecided: return pause(at: index)
                case .stuffing: stuffedDots += 1
                }
            }
            guard let next = endOfLine(bytes, from: index) else {
                return pause(at: bytes.count - (bytes[bytes.count - 1] == 0x0D ? 1 : 0))
            }
            index = next
        }
        return pause(at: index)
    }

    private enum Dot {
        case final, stuffing, undecided
    }

    private func dot(_ bytes: UnsafeRawBufferPointer, at index: Int) -> Dot {
        guard index + 1 < bytes.count else { return .undecided }
        guard bytes[index + 1] == 0x0D else { return .stuffing }
        guard index + 2 < bytes.count else { return .undecided }
        return bytes[index + 2] == 0x0A ? .final : .stuffing
    }

    /// The index after the next CRLF; nil if the part ends within the line.
    private mutating func endOfLine(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        var from = start
        while let lineFeed = bytes.position(of: 0x0A, in: from..<bytes.count) {
            let isLineEnd = lineFeed > from && bytes[lineFeed - 1] == 0x0D
            let textEnd = isLineEnd ? lineFeed - 1 : lineFeed
            noticeReturns(bytes, in: from..<textEnd)
            hiddenEnd.take(bytes, in: from..<textEnd)
            isAtLineStart = isLineEnd
            if isLineEnd {
                hiddenEnd.endLine()
                return lineFeed + 1
            }
            hasBareLineEnd = true
            from = lineFeed + 1
        }
        isAtLineStart = false
        noticeReturns(bytes, in: from..<max(from, bytes.count - 1))
        hiddenEnd.take(bytes, in: from..<(bytes[bytes.count - 1] == 0x0D ? bytes.count - 1 : bytes.count))
        return nil
    }

    private mutating func noticeReturns(_ bytes: UnsafeRawBufferPointer, in range: Range<Int>) {
        if !hasBareLineEnd, bytes.position(of: 0x0D, in: range) != nil { hasBareLineEnd = true }
    }

    private mutating func pause(at index: Int) -> Part {
        octets += index
        return Part(content: index, consumed: index, isLast: false)
    }

    private mutating func end(content: Int) -> Part {
        octets += content
        return Part(content: content, consumed: content + 3, isLast: true)
    }
}
