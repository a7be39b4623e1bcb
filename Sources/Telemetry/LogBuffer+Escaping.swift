extension LogBuffer {
    /// Maximum octets of a value; longer ones are truncated and end with `…`.
    static let valueLimit = 1024

    /// Appends text with everything escaped that could end a line or a quoted value, or upset a terminal: quotes,
    /// backslashes, control characters (C0, DEL, C1), line separators and bidirectional overrides become JSON escapes.
    mutating func appendEscaped(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            let kept = Self.prefix(of: bytes)
            appendEscaped(UnsafeBufferPointer(rebasing: bytes[..<kept]))
            if kept < bytes.count { append("…") }
        }
    }

    private mutating func appendEscaped(_ bytes: UnsafeBufferPointer<UInt8>) {
        var runStart = 0
        var index = 0
        while index < bytes.count {
            if Self.isPlain(bytes[index]) {
                index += 1
                continue
            }
            let (length, scalar) = Self.suspect(in: bytes, at: index)
            guard let scalar else {
                index += length
                continue
            }
            append(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[runStart..<index]))
            appendEscape(of: scalar)
            index += length
            runStart = index
        }
        append(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[runStart..<bytes.count]))
    }

    /// Whether a byte needs no further check: neither special nor the start of a sequence that could be.
    private static func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte != 0x22 && byte != 0x5C && byte != 0x7F && byte != 0xC2 && byte != 0xE2
    }

    /// The length of the sequence at `index`, and its scalar if it must be escaped.
    private static func suspect(
        in bytes: UnsafeBufferPointer<UInt8>, at index: Int
    ) -> (length: Int, scalar: UInt32?) {
        let rest = bytes.count - index
        switch bytes[index] {
        case 0xC2 where rest >= 2:
            let second = bytes[index + 1]
            return (2, second < 0xA0 ? UInt32(second) : nil)
        case 0xE2 where rest >= 3:
            let scalar = 0x2000 | UInt32(bytes[index + 1] & 0x3F) << 6 | UInt32(bytes[index + 2] & 0x3F)
            return (3, isDisruptive(scalar) ? scalar : nil)
        case 0xC2, 0xE2:
            return (1, nil)
        default:
            return (1, UInt32(bytes[index]))
        }
    }

    /// Line and paragraph separators, and characters that change the direction of the text after them.
    private static func isDisruptive(_ scalar: UInt32) -> Bool {
        (0x200E...0x200F).contains(scalar) || (0x2028...0x202E).contains(scalar) || (0x2066...0x2069).contains(scalar)
    }

    private mutating func appendEscape(of scalar: UInt32) {
        switch scalar {
        case 0x22: append("\\\"")
        case 0x5C: append("\\\\")
        case 0x0A: append("\\n")
        case 0x0D: append("\\r")
        case 0x09: append("\\t")
        default:
            append("\\u")
            for shift in stride(from: 12, through: 0, by: -4) {
                append(Self.hexDigit(UInt8(scalar >> UInt32(shift) & 15)))
            }
        }
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }

    /// Number of octets of `bytes` to keep, in whole UTF-8 characters.
    private static func prefix(of bytes: UnsafeBufferPointer<UInt8>) -> Int {
        guard bytes.count > valueLimit else { return bytes.count }
        var end = valueLimit
        while end > 0, bytes[end] & 0xC0 == 0x80 { end -= 1 }
        return end
    }
}
