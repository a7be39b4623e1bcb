extension LogBuffer {
    /// Appends text with everything escaped that could end a line or a quoted value, or upset a terminal: quotes,
    /// backslashes, control characters (C0, DEL, C1), line separators and bidirectional overrides become JSON escapes.
    mutating func appendEscaped(_ octets: UnsafeRawBufferPointer) {
        var runStart = 0
        var index = OctetRun.plain(in: octets, from: 0)
        while index < octets.count {
            let (length, scalar) = Self.suspect(in: octets, at: index)
            if let scalar {
                append(UnsafeRawBufferPointer(rebasing: octets[runStart..<index]))
                appendEscape(of: scalar)
                runStart = index + length
            }
            index = OctetRun.plain(in: octets, from: index + length)
        }
        append(UnsafeRawBufferPointer(rebasing: octets[runStart...]))
    }

    /// The length of the sequence at `index`, and its scalar if it must be escaped.
    private static func suspect(in octets: UnsafeRawBufferPointer, at index: Int) -> (length: Int, scalar: UInt32?) {
        let rest = octets.count - index
        switch octets[index] {
        case 0xC2 where rest >= 2:
            let second = octets[index + 1]
            return (2, second < 0xA0 ? UInt32(second) : nil)
        case 0xE2 where rest >= 3:
            let scalar = 0x2000 | UInt32(octets[index + 1] & 0x3F) << 6 | UInt32(octets[index + 2] & 0x3F)
            return (3, isDisruptive(scalar) ? scalar : nil)
        case 0xC2, 0xE2:
            return (1, nil)
        default:
            return (1, UInt32(octets[index]))
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
}
