/// Strict parsing of UTF-8 beyond ASCII (RFC 3629 section 4), and the characters allowed in addresses (RFC 6531 section
/// 3.3, RFC 5892).
enum UnicodeText {
    /// The character that starts at an octet beyond ASCII, and its length. nil for an octet that cannot start one, and
    /// for overlong forms, surrogates and truncated sequences.
    static func scalar(_ bytes: UnsafeRawBufferPointer, at start: Int) -> (scalar: Unicode.Scalar, length: Int)? {
        let length: Int
        switch bytes[start] {
        case 0xC2...0xDF: length = 2
        case 0xE0...0xEF: length = 3
        case 0xF0...0xF4: length = 4
        default: return nil
        }
        guard start + length <= bytes.count else { return nil }
        var value = UInt32(bytes[start]) & (0x7F >> UInt32(length))
        for octet in bytes[(start + 1)..<(start + length)] {
            guard octet & 0xC0 == 0x80 else { return nil }
            value = value << 6 | UInt32(octet & 0x3F)
        }
        guard value >= (length == 2 ? 0x80 : length == 3 ? 0x800 : 0x1_0000) else { return nil }
        return Unicode.Scalar(value).map { ($0, length) }
    }

    /// Whether all octets beyond ASCII form characters that `isMember` allows.
    static func isValid(_ bytes: UnsafeRawBufferPointer, _ isMember: (Unicode.Scalar) -> Bool) -> Bool {
        var index = 0
        while index < bytes.count {
            guard bytes[index] >= 0x80 else {
                index += 1
                continue
            }
            guard let (scalar, length) = scalar(bytes, at: index), isMember(scalar) else { return false }
            index += length
        }
        return true
    }
}

extension Unicode.Scalar {
    /// Whether the character, which is beyond ASCII, is visible: not a control, another kind of space or line end, a
    /// change of writing direction, or an ignorable, private or unassigned code point. Others could deceive a reader of
    /// a log or a header, or end it.
    var isHarmless: Bool {
        switch properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator, .spaceSeparator, .surrogate, .privateUse, .unassigned: false
        case .format: value == 0x200C || value == 0x200D
        default: !properties.isDefaultIgnorableCodePoint
        }
    }

    /// Whether the character, which is beyond ASCII, may occur in a domain label: the letters, marks and digits of RFC
    /// 5892 section 2.1 that compatibility mapping does not change, upper-case letters, and the exceptions of its
    /// section 2.6. Nothing that could pass for a dot, an at sign or a slash is among them.
    var isLabelCharacter: Bool {
        switch value {
        case 0xDF, 0x3C2, 0xB7, 0x375, 0x5F3, 0x5F4, 0x30FB, 0x200C, 0x200D, 0x6FD, 0x6FE, 0xF0B, 0x3007: return true
        default: break
        }
        switch properties.generalCategory {
        case .lowercaseLetter, .otherLetter, .modifierLetter, .nonspacingMark, .spacingMark, .decimalNumber:
            return !properties.changesWhenNFKCCaseFolded
        case .uppercaseLetter: return properties.lowercaseMapping.unicodeScalars.allSatisfy(\.isStable)
        default: return false
        }
    }

    private var isStable: Bool { !properties.changesWhenNFKCCaseFolded }

    /// Whether the character combines with the one before it, so that no label may begin with it (RFC 5891 section
    /// 4.2.3.2).
    var isMark: Bool {
        switch properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark: true
        default: false
        }
    }
}
