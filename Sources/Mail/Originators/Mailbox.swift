/// An address in a header field, and where it stands there (RFC 5322 section 3.4.1).
package struct Mailbox: Hashable, Sendable {
    /// `local-part@domain`, without comments, blanks and a dot after the domain. A quoted local part keeps its quotes.
    package let address: String
    /// The octets of the field's body from the local part to the end of the domain.
    package let range: Range<Int>

    package init(address: String, range: Range<Int>) {
        self.address = address
        self.range = range
    }
}
