/// The message that a notice is about, as far as it could be read.
package struct OriginalMessage: Sendable {
    /// In wire form: the relay's own header fields, then the content, dot-stuffed.
    package let bytes: [UInt8]
    /// Whether this is all of it.
    package let isWhole: Bool

    package init(bytes: [UInt8], isWhole: Bool) {
        self.bytes = bytes
        self.isWhole = isWhole
    }
}
