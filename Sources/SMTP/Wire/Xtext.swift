/// The encoding of parameter values (RFC 3461 section 4): visible ASCII stands for itself, except `+` and `=`; `+` and
/// two upper-case hexadecimal digits stand for any octet.
enum Xtext {
    /// Whether this is xtext that encodes only visible ASCII and spaces, so that it hides nothing that could end a line
    /// elsewhere.
    static func isPrintable(_ text: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        while index < text.count {
            switch text[index] {
            case UInt8(ascii: "+"):
                guard let octet = octet(text, at: index + 1), (0x20...0x7E).contains(octet) else { return false }
                index += 3
            case 0x21...0x3C, 0x3E...0x7E: index += 1
            default: return false
            }
        }
        return true
    }

    private static func octet(_ text: UnsafeRawBufferPointer, at start: Int) -> UInt8? {
        guard start + 2 <= text.count, let high = digit(text[start]), let low = digit(text[start + 1]) else {
            return nil
        }
        return high << 4 | low
    }

    /// The value of an upper-case hexadecimal digit.
    static func digit(_ octet: UInt8) -> UInt8? {
        switch octet {
        case 0x30...0x39: octet - 0x30
        case 0x41...0x46: octet - 0x37
        default: nil
        }
    }
}
