/// The character classes of RFC 5321 section 4.1.2 and RFC 5322 section 3.2.3.
extension UInt8 {
    var isLetterOrDigit: Bool {
        switch self {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: false
        }
    }

    /// A letter, digit or one of ``!#$%&'*+-/=?^_`{|}~``.
    var isAtomText: Bool {
        switch self {
        case 0x21, 0x23...0x27, 0x2A, 0x2B, 0x2D, 0x2F...0x39, 0x3D, 0x3F, 0x41...0x5A, 0x5E...0x7E: true
        default: false
        }
    }

    /// A letter, digit, hyphen or underscore.
    var isLabelText: Bool {
        isLetterOrDigit || self == UInt8(ascii: "-") || self == UInt8(ascii: "_")
    }

    /// Characters allowed unescaped in a quoted string.
    var isQuotedText: Bool {
        switch self {
        case 0x20, 0x21, 0x23...0x5B, 0x5D...0x7E: true
        default: false
        }
    }

    /// Characters allowed in a parameter value: visible, and not an equals sign.
    var isParameterValue: Bool {
        switch self {
        case 0x21...0x3C, 0x3E...0x7E: true
        default: false
        }
    }
}
