/// Base 64 as in RFC 4648 section 4, decoded strictly: every value has exactly one encoding.
public enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let padding = UInt8(ascii: "=")

    /// Encodes with padding, on one line.
    public static func encode(_ octets: some Sequence<UInt8>) -> String {
        var text: [UInt8] = []
        text.reserveCapacity((octets.underestimatedCount + 2) / 3 * 4)
        var bits: UInt32 = 0
        var count = 0
        for octet in octets {
            bits = bits << 8 | UInt32(octet)
            count += 1
            guard count == 3 else { continue }
            append(bits, 4, to: &text)
            (bits, count) = (0, 0)
        }
        if count > 0 {
            append(bits << UInt32(8 * (3 - count)), count + 1, to: &text)
            for _ in count..<3 { text.append(padding) }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Decodes digits with padding. nil for any other character, including white space (RFC 4648 section 3.3), for
    /// missing or excess padding, and for non-zero padding bits (section 3.5).
    public static func decode(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
        guard text.count.isMultiple(of: 4) else { return nil }
        var octets: [UInt8] = []
        octets.reserveCapacity(text.count / 4 * 3)
        for start in stride(from: 0, to: text.count, by: 4) {
            let isLast = start + 4 == text.count
            let padded = !isLast || text[start + 3] != padding ? 0 : text[start + 2] == padding ? 2 : 1
            guard decode(text[start..<start + 4 - padded], padded, to: &octets) else { return nil }
        }
        return octets
    }

    /// Decodes digits with padding, see ``decode(_:)-(UnsafeRawBufferPointer)``.
    public static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        if let octets = text.withContiguousStorageIfAvailable({ decode(UnsafeRawBufferPointer($0)) }) { return octets }
        return Array(text).withUnsafeBytes(decode)
    }

    private static func append(_ bits: UInt32, _ count: Int, to text: inout [UInt8]) {
        for place in 0..<count {
            text.append(alphabet[Int(bits >> UInt32(18 - 6 * place) & 0x3F)])
        }
    }

    private static func decode(_ digits: Slice<UnsafeRawBufferPointer>, _ padded: Int, to octets: inout [UInt8]) -> Bool
    {
        var bits: UInt32 = 0
        for digit in digits {
            guard let value = value(of: digit) else { return false }
            bits = bits << 6 | value
        }
        bits <<= UInt32(6 * padded)
        guard padded == 0 || bits & (padded == 1 ? 0xFF : 0xFFFF) == 0 else { return false }
        octets.append(UInt8(bits >> 16))
        if padded < 2 { octets.append(UInt8(bits >> 8 & 0xFF)) }
        if padded < 1 { octets.append(UInt8(bits & 0xFF)) }
        return true
    }

    private static func value(of digit: UInt8) -> UInt32? {
        switch digit {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(digit - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(digit - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(digit - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
