internal import Mail

/// Reads a JSON object whose values are strings or null (RFC 8259), without what a general decoder costs per line.
enum FlatJSON {
    /// The members in their order; a null is an empty string.
    static func members(
        of octets: UnsafeRawBufferPointer
    ) throws(SuppressionError) -> [(name: String, value: String)] {
        var reader = Reader(octets)
        return try reader.object()
    }

    private struct Reader {
        private let octets: UnsafeRawBufferPointer
        private var index = 0

        init(_ octets: UnsafeRawBufferPointer) {
            self.octets = octets
        }

        mutating func object() throws(SuppressionError) -> [(name: String, value: String)] {
            try expect("{")
            var members: [(name: String, value: String)] = []
            if !skip("}") {
                repeat {
                    let name = try string()
                    try expect(":")
                    members.append((name, try value()))
                } while skip(",")
                try expect("}")
            }
            skipSpace()
            guard index == octets.count else { throw Self.error("something follows the object") }
            return members
        }

        private mutating func value() throws(SuppressionError) -> String {
            skipSpace()
            let null: StaticString = "null"
            guard octets[index...].starts(with: null.withUTF8Buffer { Array($0) }) else { return try string() }
            index += 4
            return ""
        }

        private mutating func string() throws(SuppressionError) -> String {
            skipSpace()
            guard skip("\"") else { throw Self.error("a string is expected") }
            var value: [UInt8] = []
            while index < octets.count {
                let octet = octets[index]
                index += 1
                switch octet {
                case UInt8(ascii: "\""):
                    guard let text = String(validating: value, as: UTF8.self) else {
                        throw Self.error("it is not UTF-8")
                    }
                    return text
                case UInt8(ascii: "\\"): value.append(contentsOf: String(try escaped()).utf8)
                case 0..<0x20: throw Self.error("a string has a control character")
                default: value.append(octet)
                }
            }
            throw Self.error("a string is not closed")
        }

        private mutating func escaped() throws(SuppressionError) -> Unicode.Scalar {
            guard index < octets.count else { throw Self.error("a string is not closed") }
            let octet = octets[index]
            index += 1
            switch octet {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(octet)
            case UInt8(ascii: "b"): return "\u{8}"
            case UInt8(ascii: "f"): return "\u{C}"
            case UInt8(ascii: "n"): return "\n"
            case UInt8(ascii: "r"): return "\r"
            case UInt8(ascii: "t"): return "\t"
            case UInt8(ascii: "u"): return try unicode()
            default: throw Self.error("a string has an unknown escape")
            }
        }

        private mutating func unicode() throws(SuppressionError) -> Unicode.Scalar {
            let first = try unit()
            if let scalar = Unicode.Scalar(first) { return scalar }
            guard (0xD800...0xDBFF).contains(first), index + 1 < octets.count, octets[index] == UInt8(ascii: "\\"),
                octets[index + 1] == UInt8(ascii: "u")
            else { throw Self.error("a string has half of a surrogate pair") }
            index += 2
            let second = try unit()
            guard (0xDC00...0xDFFF).contains(second),
                let scalar = Unicode.Scalar(0x1_0000 + (first - 0xD800) << 10 + (second - 0xDC00))
            else { throw Self.error("a string has half of a surrogate pair") }
            return scalar
        }

        private mutating func unit() throws(SuppressionError) -> UInt32 {
            guard index + 4 <= octets.count else { throw Self.error("a string is not closed") }
            let digits = octets[index..<(index + 4)]
            index += 4
            guard digits.allSatisfy({ Unicode.Scalar($0).properties.isASCIIHexDigit }),
                let unit = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
            else { throw Self.error("\\u needs four hexadecimal digits") }
            return unit
        }

        private mutating func skipSpace() {
            while index < octets.count, [0x20, 0x09, 0x0A, 0x0D].contains(octets[index]) { index += 1 }
        }

        private mutating func skip(_ scalar: Unicode.Scalar) -> Bool {
            skipSpace()
            guard index < octets.count, octets[index] == UInt8(ascii: scalar) else { return false }
            index += 1
            return true
        }

        private mutating func expect(_ scalar: Unicode.Scalar) throws(SuppressionError) {
            guard skip(scalar) else { throw Self.error("\"\(scalar)\" is expected at octet \(index + 1)") }
        }

        private static func error(_ message: String) -> SuppressionError {
            SuppressionError(.badValue, "it is not a JSON object of strings: \(message)")
        }
    }
}
