internal import Mail
package import NIOCore

/// Content in wire form that is made 7-bit on its way, part by part (RFC 6152 section 3). The same content comes out the same
/// each time.
package struct DowngradedContent: Sendable {
    private var unstuffer = DotUnstuffer()
    private var downgrader = EightBitDowngrader()
    private var stuffer = DotStuffer()

    package init() {}

    /// What can be sent of the content up to the end of this part, in wire form.
    package mutating func next(_ part: ByteBuffer) -> ByteBuffer {
        var octets: [UInt8] = []
        octets.reserveCapacity(part.readableBytes)
        unstuffer.unstuff(part).withUnsafeReadableBytes { downgrader.take($0, into: &octets) }
        return stuffed(octets)
    }

    /// What is left when the content has ended; nothing comes after it.
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
