package import NIOCore

/// A notice that is written and committed together with its cause: no crash can separate the two.
package struct NoticeRequest: Sendable {
    /// Octets of the original, in wire form, that are read for it at most.
    package let octets: Int
    /// Writes the notice; called once, on the spool's writer thread. Its content is `whole`.
    package let write: @Sendable (_ original: OriginalContent?) -> NewMessage

    /// - Parameters:
    ///   - octets: how much of the original the notice may need.
    ///   - write: gets nil if the original cannot be read.
    package init(octets: Int, write: @escaping @Sendable (_ original: OriginalContent?) -> NewMessage) {
        self.octets = octets
        self.write = write
    }
}

/// The beginning of a message that a notice is about, in wire form: the relay's own header fields first.
package struct OriginalContent: Sendable {
    package let bytes: ByteBuffer
    /// Whether this is all of it.
    package let isWhole: Bool

    package init(bytes: ByteBuffer, isWhole: Bool) {
        self.bytes = bytes
        self.isWhole = isWhole
    }
}
