internal import Mail
package import NIOCore

/// Converts content in wire form to 7-bit, piece by piece (RFC 6152 section 3). Deterministic.
package struct DowngradedContent: Sendable {
    private var unstuffer = DotUnstuffer()
    private var downgrader = EightBitDowngrader()
    private var stuffer = DotStuffer()

    package init() {}

    /// Everything that can be sent up to the end of this piece, in wire form.
    package mutating func next(_ part: ByteBuffer) -> ByteBuffer {
        var octets: [UInt8] = []
        octets.reserveCapacity(part.readableBytes)
        unstuffer.unstuff(part).withUnsafeReadableBytes { downgrader.take($0, into: &octets) }
        return stuffed(octets)
    }

    /// The remainder at the end of the content; nothing comes after it.
    package mutating func rest() -> ByteBuffer {
        var octets: [UInt8] = []
        downgrader.finish(into: &octets)
        return stuffed(octets)
    }

    private mutating func stuffed(_ octets: [UInt8]) -> ByteBuffer {
        var wire = ByteBuffer()
        octets.withUnsafeBytes { stuffer.stuff($0, into: &wire) }
        return wire
    }
}
