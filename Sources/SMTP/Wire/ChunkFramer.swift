internal import Mail

/// Counts the octets of BDAT chunks and detects anything that makes their lines ambiguous, however the chunks are split
/// (RFC 3030 section 2).
///
/// The contents of a chunk are never taken for commands: its size alone ends it. Lines of text end with CRLF, as with
/// DATA; BINARYMIME may contain any octets (RFC 3030 section 3).
package struct ChunkFramer: Sendable {
    private let isText: Bool
    private var last: UInt8 = 0

    /// Octets of the content so far.
    package private(set) var size = 0
    /// Size of the current chunk in octets.
    package private(set) var chunkSize = 0
    /// Octets of the chunk still to come.
    package private(set) var remaining = 0
    /// Whether this is the last chunk of its message.
    package private(set) var isLast = false
    private var sawBareLineEnd = false
    private var hiddenEnd = HiddenEnd()

    package init(isText: Bool) {
        self.isText = isText
    }

    package mutating func begin(_ chunk: Chunk) {
        chunkSize = chunk.size
        remaining = chunk.size
        isLast = chunk.isLast
    }

    /// Takes the next octets of the chunk, at most ``remaining``.
    package mutating func take(_ octets: UnsafeRawBufferPointer) {
        guard let newest = octets.last else { return }
        if isText, !sawBareLineEnd { sawBareLineEnd = !noticeLines(octets, endWithReturn: newest == 0x0D) }
        size += octets.count
        remaining -= octets.count
        last = newest
    }

    /// Whether a CR without LF or an LF without CR has occurred; a CR at the end of a chunk may find its LF in the
    /// next.
    package var hasBareLineEnd: Bool {
        sawBareLineEnd || isText && isLast && remaining == 0 && last == 0x0D
    }

    /// Whether the text ends within a line, which must end before anything can follow.
    package var lacksLineEnd: Bool { isText && size > 0 && last != 0x0A }

    /// Whether there was a line that would end the data if its NULs were dropped; the end of the text ends its last
    /// line.
    package var hasHiddenEnd: Bool {
        hiddenEnd.isFound || isLast && remaining == 0 && hiddenEnd.isOpen
    }

    /// Examines lines, up to a bare CR or LF.
    ///
    /// - Returns: whether there is no bare CR or LF.
    private mutating func noticeLines(_ octets: UnsafeRawBufferPointer, endWithReturn: Bool) -> Bool {
        if last == 0x0D, octets[0] != 0x0A { return false }
        var from = 0
        while let lineFeed = octets.position(of: 0x0A, in: from..<octets.count) {
            let end = max(from, lineFeed - 1)
            guard (lineFeed > 0 ? octets[lineFeed - 1] : last) == 0x0D, noticeText(octets, in: from..<end) else {
                return false
            }
            hiddenEnd.endLine()
            from = lineFeed + 1
        }
        return noticeText(octets, in: from..<(endWithReturn ? octets.count - 1 : octets.count))
    }

    private mutating func noticeText(_ octets: UnsafeRawBufferPointer, in range: Range<Int>) -> Bool {
        guard octets.position(of: 0x0D, in: range) == nil else { return false }
        hiddenEnd.take(octets, in: range)
        return true
    }
}

/// The argument of one BDAT command.
package struct Chunk: Hashable, Sendable {
    package let size: Int
    package let isLast: Bool

    package init(size: Int, isLast: Bool) {
        self.size = size
        self.isLast = isLast
    }
}
