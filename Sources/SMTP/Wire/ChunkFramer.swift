internal import Mail

/// Counts the octets of BDAT chunks and finds whatever makes the lines of their text ambiguous, wherever the chunks and
/// the parts they come in are cut (RFC 3030 section 2).
///
/// What a chunk holds is never taken for a command: its size alone ends it. Text has lines that end with CRLF, as with
/// DATA; of BINARYMIME any octets pass (RFC 3030 section 3).
package struct ChunkFramer: Sendable {
    private let isText: Bool
    private var last: UInt8 = 0

    /// Octets of the content so far.
    package private(set) var size = 0
    /// Octets of the chunk that begun last.
    package private(set) var chunkSize = 0
    /// How many of them have not come.
    package private(set) var remaining = 0
    /// Whether the chunk is the last one of its message.
    package private(set) var isLast = false
    private var sawBareLineEnd = false

    package init(isText: Bool) {
        self.isText = isText
    }

    package mutating func begin(_ chunk: Chunk) {
        chunkSize = chunk.size
        remaining = chunk.size
        isLast = chunk.isLast
    }

    /// Takes the next octets of the chunk, no more than remain.
    package mutating func take(_ octets: UnsafeRawBufferPointer) {
        guard let newest = octets.last else { return }
        if isText, !sawBareLineEnd { sawBareLineEnd = hasBareLineEnd(octets) }
        size += octets.count
        remaining -= octets.count
        last = newest
    }

    /// Whether a CR without LF or an LF without CR has been seen; a CR that ends a chunk may find its LF in the next.
    package var hasBareLineEnd: Bool {
        sawBareLineEnd || isText && isLast && remaining == 0 && last == 0x0D
    }

    /// Whether the text ends within a line, which has to end before anything can follow.
    package var lacksLineEnd: Bool { isText && size > 0 && last != 0x0A }

    private func hasBareLineEnd(_ octets: UnsafeRawBufferPointer) -> Bool {
        if last == 0x0D, octets[0] != 0x0A { return true }
        var from = 0
        while let lineFeed = octets.position(of: 0x0A, in: from..<octets.count) {
            guard (lineFeed > 0 ? octets[lineFeed - 1] : last) == 0x0D else { return true }
            if octets.position(of: 0x0D, in: from..<max(from, lineFeed - 1)) != nil { return true }
            from = lineFeed + 1
        }
        return octets.position(of: 0x0D, in: from..<max(from, octets.count - 1)) != nil
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
