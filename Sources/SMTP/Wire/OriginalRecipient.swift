internal import Mail

/// The value of ORCPT: an address type, a semicolon, and the encoded address (RFC 3461 section 4.2).
enum OriginalRecipient {
    private static let limit = 500

    /// - Parameter allowsUTF8: whether the transaction has SMTPUTF8, so that an address of type `utf-8` may be
    ///   unencoded (RFC 6533 section 3).
    static func isValid(_ value: UnsafeRawBufferPointer, allowsUTF8: Bool) -> Bool {
        guard value.count <= limit, let semicolon = value.position(of: UInt8(ascii: ";"), in: 0..<value.count),
            semicolon > 0, semicolon + 1 < value.count
        else { return false }
        let type = UnsafeRawBufferPointer(rebasing: value[..<semicolon])
        let address = UnsafeRawBufferPointer(rebasing: value[(semicolon + 1)...])
        guard type.allSatisfy({ $0.isLetterOrDigit || $0 == UInt8(ascii: "-") }) else { return false }
        guard type.equalsIgnoringCase("utf-8") else { return Xtext.isPrintable(address) }
        return isUnicodeAddress(address, allowsUTF8: allowsUTF8)
    }

    /// `utf-8-addr-xtext`, or `utf-8-addr-unitext` where UTF-8 is allowed: `\x{E4}` stands for a character.
    private static func isUnicodeAddress(_ address: UnsafeRawBufferPointer, allowsUTF8: Bool) -> Bool {
        var index = 0
        while index < address.count {
            switch address[index] {
            case UInt8(ascii: "\\"):
                guard let end = embeddedCharacter(address, at: index) else { return false }
                index = end
            case 0x21...0x2A, 0x2C...0x3C, 0x3E...0x5B, 0x5D...0x7E: index += 1
            case 0x80...:
                guard allowsUTF8, let (scalar, length) = UnicodeText.scalar(address, at: index), scalar.isHarmless
                else { return false }
                index += length
            default: return false
            }
        }
        return true
    }

    /// The index after `\x{...}`, with two to six digits for a character that is not a control; nil for anything else.
    private static func embeddedCharacter(_ text: UnsafeRawBufferPointer, at start: Int) -> Int? {
        let first = start + 3
        guard first < text.count, text[start + 1] == UInt8(ascii: "x"), text[start + 2] == UInt8(ascii: "{"),
            let end = text.position(of: UInt8(ascii: "}"), in: first..<text.count), (2...6).contains(end - first),
            end - first == 2 || text[first] != UInt8(ascii: "0")
        else { return nil }
        var value: UInt32 = 0
        for octet in text[first..<end] {
            guard let digit = Xtext.digit(octet) else { return nil }
            value = value << 4 | UInt32(digit)
        }
        guard let scalar = Unicode.Scalar(value), value < 0x80 ? (0x20...0x7E).contains(value) : scalar.isHarmless
        else { return nil }
        return end + 1
    }
}
