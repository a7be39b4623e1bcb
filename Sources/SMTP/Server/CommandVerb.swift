internal import Mail

/// The first word of a command line (RFC 5321 section 4.1.1).
package enum CommandVerb: Hashable, Sendable, CaseIterable {
    case ehlo, helo, mail, rcpt, data, rset, noop, vrfy, expn, help, quit
    /// RFC 3207, RFC 4954, RFC 3030.
    case starttls, auth, bdat
    /// An HTTP request, from a browser or a scanner.
    case http
    /// Everything else.
    case unknown

    /// - Parameter word: the octets up to the first space or the end of the line.
    package init(_ word: UnsafeRawBufferPointer) {
        switch word.count {
        case 3: self = word.equalsIgnoringCase("get") || word.equalsIgnoringCase("put") ? .http : .unknown
        case 4: self = Self.ofFourLetters(word)
        case 6: self = word.equalsIgnoringCase("delete") ? .http : .unknown
        case 8: self = word.equalsIgnoringCase("starttls") ? .starttls : .unknown
        case 7: self = word.equalsIgnoringCase("connect") || word.equalsIgnoringCase("options") ? .http : .unknown
        default: self = .unknown
        }
    }

    private static func ofFourLetters(_ word: UnsafeRawBufferPointer) -> CommandVerb {
        switch word.loadUnaligned(as: UInt32.self).bigEndian | 0x2020_2020 {
        case 0x6568_6C6F: .ehlo
        case 0x6865_6C6F: .helo
        case 0x6D61_696C: .mail
        case 0x7263_7074: .rcpt
        case 0x6461_7461: .data
        case 0x6264_6174: .bdat
        case 0x7273_6574: .rset
        case 0x6E6F_6F70: .noop
        case 0x7672_6679: .vrfy
        case 0x6578_706E: .expn
        case 0x6865_6C70: .help
        case 0x7175_6974: .quit
        case 0x6175_7468: .auth
        case 0x706F_7374, 0x6865_6164: .http
        default: .unknown
        }
    }
}
