package import NIOCore

/// Cuts octets that arrive in parts into lines.
package struct LineSplitter {
    private var rest = ByteBuffer()

    package init() {}

    /// Passes on the lines that are complete with this part, without their ends.
    package mutating func forEachLine(in part: ByteBuffer, _ body: (ByteBuffer) throws -> Void) rethrows {
        rest.discardReadBytes()
        rest.writeImmutableBuffer(part)
        while let length = rest.readableBytesView.firstIndex(of: UInt8(ascii: "\n")).map({ $0 - rest.readerIndex }),
            let line = rest.readSlice(length: length)
        {
            rest.moveReaderIndex(forwardBy: 1)
            try body(line)
        }
    }
}
