package import NIOCore

/// Content in wire form, converted piece by piece into the octets of one BDAT command (RFC 3030 section 2), exactly as
/// many as announced.
///
/// The last octet is held back: until it is sent the server has no message, so it plays the role that the final dot has
/// for DATA.
package struct ChunkContent: Sendable {
    private let size: Int
    private var unstuffer = DotUnstuffer()
    private var taken = 0
    private var held: UInt8?

    /// - Parameter size: number of octets announced.
    package init(size: Int) {
        self.size = size
    }

    /// The octets to send now. Nil if the content is longer than announced: the excess would be taken for commands.
    package mutating func next(_ part: ByteBuffer) -> ByteBuffer? {
        var octets = unstuffer.unstuff(part)
        taken += octets.readableBytes
        guard taken <= size else { return nil }
        let last: UInt8? = octets.getInteger(at: octets.writerIndex - 1)
        guard let last else { return octets }
        octets.moveWriterIndex(to: octets.writerIndex - 1)
        defer { held = last }
        guard let before = held else { return octets }
        var result = ByteBuffer()
        result.reserveCapacity(octets.readableBytes + 1)
        result.writeInteger(before)
        result.writeBuffer(&octets)
        return result
    }

    /// The octet held back; nil while content is missing.
    package var last: UInt8? { taken == size ? held : nil }
}
