package import Mail

/// A notice as a message of its own, to be sent with the null sender (RFC 3461 section 6.1).
package struct Notice: Hashable, Sendable {
    package let kind: NoticeKind
    package let addressee: Address
    /// Value of its Message-ID field.
    package let messageID: String
    /// `8BITMIME` if it has octets that are not ASCII.
    package let body: BodyType
    /// SMTPUTF8 only if its own header or the addressee's address needs it; REQUIRETLS if the original had it (RFC 8689
    /// section 5).
    package let options: MessageOptions
    /// The header fields that the relay puts in front of each message, in wire form.
    package let header: [UInt8]
    /// The rest, in wire form: dot-stuffed, every line ended by CRLF, without the final dot.
    package let content: [UInt8]
    /// Octets of both before dot stuffing.
    package let size: Int
}
