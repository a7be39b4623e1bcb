package import NIOCore

/// Content in wire form, turned part by part into the octets of one BDAT command (RFC 3030 section 2), which are as many as
/// it announced.
///
/// The last octet is held back: as long as it has not been sent the server has no message, so that it is to BDAT what
/// the final dot is to DATA.
package struct ChunkContent: Sendable {
    private let size: Int
    private var unstuffer = DotUnstuffer()
    private var taken = 0
    private var held: UInt8?

    /// - Parameter size: the octets announced.
    package init(size: Int) {
        self.size = size
    }

    /// The octets to be sent now. Nil when the content is longer than announced: what is too much would be taken for
    /// commands.
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

    /// The octet that was held back; nil while content is missing.
    package var last: UInt8? { taken == size ? held : nil }
}
