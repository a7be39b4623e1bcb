#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif
package import NIOCore

/// Turns wire form into the message itself: takes one dot away where a line begins with one (RFC 5321 section 4.5.2).
package struct DotUnstuffer: Sendable {
    private var previous = UInt8(ascii: "\r")
    private var isAtLineStart = true

    package init() {}

    /// The next part of the message; parts may be split anywhere.
    package mutating func unstuff(_ part: ByteBuffer) -> ByteBuffer {
        var result = ByteBuffer()
        result.reserveCapacity(part.readableBytes)
        part.withUnsafeReadableBytes { bytes in
            var rest = bytes
            while rest.count > 0 { rest = copyLine(of: rest, to: &result) }
        }
        return result
    }

    /// Copies up to the end of the first line; what is left of `bytes`.
    private mutating func copyLine(
        of bytes: UnsafeRawBufferPointer, to result: inout ByteBuffer
    ) -> UnsafeRawBufferPointer {
        guard let start = bytes.baseAddress else { return bytes }
        let skipped = isAtLineStart && bytes[0] == UInt8(ascii: ".") ? 1 : 0
        let lineFeed = memchr(start, Int32(UInt8(ascii: "\n")), bytes.count)
        let end = lineFeed.map { UnsafeRawPointer($0) - start + 1 } ?? bytes.count
        result.writeBytes(bytes[skipped..<end])
        let beforeLineFeed = end >= 2 ? bytes[end - 2] : previous
        isAtLineStart = lineFeed != nil && beforeLineFeed == UInt8(ascii: "\r")
        previous = bytes[end - 1]
        return UnsafeRawBufferPointer(rebasing: bytes[end...])
    }
}
