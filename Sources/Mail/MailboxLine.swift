/// Recognizes, octet by octet, the start of an mbox separator line: `From `, or `>From ` with any number of quotes (RFC
/// 4155 appendix A). Programs that read mail from such a file submit it with the header.
package struct MailboxLine: Sendable {
    private static let word = Array("From".utf8)

    private var matched = 0
    private var isOther = false

    package init() {}

    /// Whether the octets so far are a possibly quoted `From`, or a prefix of one.
    package var isPossible: Bool { !isOther }

    /// Whether they are complete; followed by white space and no colon, the line is not part of the header.
    package var isWhole: Bool { !isOther && matched == Self.word.count }

    /// Adds the next octet of the line, up to the first white space.
    package mutating func take(_ octet: UInt8) {
        if matched < Self.word.count, octet == Self.word[matched] {
            matched += 1
        } else if matched > 0 || octet != UInt8(ascii: ">") {
            isOther = true
        }
    }
}
