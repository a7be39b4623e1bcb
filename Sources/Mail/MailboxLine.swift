/// Knows the beginning of a line that separates the messages of an mbox file, octet by octet: `From `, or `>From ` where it was
/// quoted once or more (RFC 4155 appendix A). Programs that read their mail from such a file hand it in with the header.
package struct MailboxLine: Sendable {
    private static let word = Array("From".utf8)

    private var matched = 0
    private var isOther = false

    package init() {}

    /// Whether the octets so far may be a quoted or plain `From`, or the beginning of one.
    package var isPossible: Bool { !isOther }

    /// Whether they are one; with white space, and no colon behind that, the line is none of the header.
    package var isWhole: Bool { !isOther && matched == Self.word.count }

    /// Takes the next octet of the line, up to the first white space.
    package mutating func take(_ octet: UInt8) {
        if matched < Self.word.count, octet == Self.word[matched] {
            matched += 1
        } else if matched > 0 || octet != UInt8(ascii: ">") {
            isOther = true
        }
    }
}
