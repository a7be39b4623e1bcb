/// The encoding of folder names in IMAP4rev1 (RFC 3501 section 5.1.3): ASCII stands for itself, `&` is `&-`, and all else is
/// UTF-16 in a Base64 with a comma for the slash, between `&` and `-`.
package enum ModifiedUTF7 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,".utf8)

    package static func encode(_ name: String) -> [UInt8] {
        var octets: [UInt8] = []
        var shifted: [UInt16] = []
        for scalar in name.unicodeScalars {
            guard (0x20...0x7E).contains(scalar.value) else {
                shifted += UTF16.encode(scalar).map(Array.init) ?? []
                continue
            }
            flush(&shifted, to: &octets)
            octets.append(UInt8(scalar.value))
            if scalar == "&" { octets.append(UInt8(ascii: "-")) }
        }
        flush(&shifted, to: &octets)
        return octets
    }

    private static func flush(_ units: inout [UInt16], to octets: inout [UInt8]) {
        guard !units.isEmpty else { return }
        octets.append(UInt8(ascii: "&"))
        var (bits, count): (UInt32, UInt32) = (0, 0)
        for unit in units {
            bits = bits << 16 | UInt32(unit)
            count += 16
            while count >= 6 {
                count -= 6
                octets.append(alphabet[Int(bits >> count & 0x3F)])
            }
            bits &= (1 << count) - 1
        }
        if count > 0 { octets.append(alphabet[Int(bits << (6 - count) & 0x3F)]) }
        octets.append(UInt8(ascii: "-"))
        units = []
    }

    /// The name; nil for octets outside ASCII, for a shift without an end, for what is not UTF-16, and for padding bits
    /// that are not zero.
    package static func decode(_ octets: some Collection<UInt8>) -> String? {
        var name = ""
        var rest = Array(octets)[...]
        while let octet = rest.popFirst() {
            guard (0x20...0x7E).contains(octet) else { return nil }
            guard octet == UInt8(ascii: "&") else {
                name.unicodeScalars.append(Unicode.Scalar(octet))
                continue
            }
            guard let end = rest.firstIndex(of: UInt8(ascii: "-")), let part = shifted(rest[..<end]) else { return nil }
            name += part
            rest = rest[(end + 1)...]
        }
        return name
    }

    private static func shifted(_ digits: ArraySlice<UInt8>) -> String? {
        if digits.isEmpty { return "&" }
        var units: [UInt16] = []
        var (bits, count): (UInt32, UInt32) = (0, 0)
        for digit in digits {
            guard let value = alphabet.firstIndex(of: digit) else { return nil }
            bits = bits << 6 | UInt32(value)
            count += 6
            guard count >= 16 else { continue }
            count -= 16
            units.append(UInt16(truncatingIfNeeded: bits >> count))
            bits &= (1 << count) - 1
        }
        guard count < 6, bits == 0 else { return nil }
        return String(validating: units, as: UTF16.self)
    }
}
