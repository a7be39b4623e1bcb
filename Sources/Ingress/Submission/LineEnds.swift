internal import NIOCore

/// Gives a message that was written with LF as its line end the one of the wire, CRLF. The first line tells: a message that
/// begins with CRLF passes unchanged, and the session refuses what else is in it.
struct LineEnds {
    private enum Kind {
        /// No line has ended yet.
        case unknown
        case wire
        case bare
    }

    private var kind = Kind.unknown
    /// Whether the part before ended with CR.
    private var endsWithReturn = false

    mutating func converted(_ part: ByteBuffer) -> ByteBuffer {
        if kind == .unknown { decide(part) }
        if let last = part.readableBytesView.last { endsWithReturn = last == 0x0D }
        return kind == .bare ? Self.withReturns(part) : part
    }

    private mutating func decide(_ part: ByteBuffer) {
        let view = part.readableBytesView
        guard let end = view.firstIndex(of: 0x0A) else { return }
        let hasReturn = end == view.startIndex ? endsWithReturn : view[end - 1] == 0x0D
        kind = hasReturn ? .wire : .bare
    }

    private static func withReturns(_ part: ByteBuffer) -> ByteBuffer {
        var result = ByteBuffer()
        result.reserveCapacity(part.readableBytes + part.readableBytes / 32 + 2)
        for line in part.readableBytesView.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
            if line.offset > 0 { result.writeStaticString("\r\n") }
            result.writeBytes(line.element)
        }
        return result
    }
}
