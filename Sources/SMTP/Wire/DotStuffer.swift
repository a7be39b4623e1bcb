internal import Mail
package import NIOCore

/// Converts content to wire form: prepends a dot to each dot that begins a line (RFC 5321 section 4.5.2). Only CRLF
/// ends a line, so that ``DotUnstuffer`` restores any octets exactly.
package struct DotStuffer: Sendable {
    private var lines = LineStarts()

    package init() {}

    /// Appends the wire form of the next part; parts may be split anywhere.
    package mutating func stuff(_ part: UnsafeRawBufferPointer, into wire: inout ByteBuffer) {
        wire.reserveCapacity(minimumWritableBytes: part.count)
        lines.forEachRun(in: part) { run, precedesDot in
            wire.writeBytes(run)
            if precedesDot { wire.writeInteger(UInt8(ascii: ".")) }
        }
    }
}

/// Converts wire form back to content: removes one dot where a line begins with one (RFC 5321 section 4.5.2).
package struct DotUnstuffer: Sendable {
    private var lines = LineStarts()

    package init() {}

    /// The next part of the content; parts may be split anywhere.
    package mutating func unstuff(_ part: ByteBuffer) -> ByteBuffer {
        var content = ByteBuffer()
        content.reserveCapacity(part.readableBytes)
        part.withUnsafeReadableBytes { unstuff($0, into: &content) }
        return content
    }

    private mutating func unstuff(_ part: UnsafeRawBufferPointer, into content: inout ByteBuffer) {
        var dropsDot = false
        lines.forEachRun(in: part) { run, precedesDot in
            content.writeBytes(dropsDot ? UnsafeRawBufferPointer(rebasing: run.dropFirst()) : run)
            dropsDot = precedesDot
        }
    }
}

/// Finds the dots that begin a line, in parts split anywhere.
private struct LineStarts: Sendable {
    private var endsWithReturn = false
    private var isAtLineStart = true

    /// Yields the part in runs, none of which is empty except the first; every run but the first begins with a dot that
    /// begins a line, and `precedesDot` says whether another follows.
    mutating func forEachRun(
        in part: UnsafeRawBufferPointer, _ take: (_ run: UnsafeRawBufferPointer, _ precedesDot: Bool) -> Void
    ) {
        guard !part.isEmpty else { return }
        var start = 0
        var line = 0
        while true {
            if isAtLineStart, part[line] == UInt8(ascii: ".") {
                take(UnsafeRawBufferPointer(rebasing: part[start..<line]), true)
                start = line
            }
            guard let next = endOfLine(part, from: line) else { break }
            line = next
        }
        take(UnsafeRawBufferPointer(rebasing: part[start...]), false)
    }

    /// The index after the next LF; nil if the part ends with it or before it.
    private mutating func endOfLine(_ part: UnsafeRawBufferPointer, from start: Int) -> Int? {
        guard let lineFeed = part.position(of: 0x0A, in: start..<part.count) else {
            isAtLineStart = false
            endsWithReturn = part[part.count - 1] == 0x0D
            return nil
        }
        isAtLineStart = lineFeed > 0 ? part[lineFeed - 1] == 0x0D : endsWithReturn
        endsWithReturn = false
        return lineFeed + 1 < part.count ? lineFeed + 1 : nil
    }
}
