/// An IPv4 or IPv6 address, without a zone.
///
/// An IPv4 address and the IPv6 address it is mapped to (`::ffff:192.0.2.1`, RFC 4291 section 2.5.5.2) are the same value:
/// a socket that hears both families names IPv4 clients that way.
package struct IPAddress: Hashable, Sendable {
    /// As a number; an IPv4 address is in `::ffff:0:0/96`.
    package let value: UInt128

    private static let mapped: UInt128 = 0xFFFF << 32

    package init(value: UInt128) {
        self.value = value
    }

    /// - Parameter ipv4: the address as a number, `192.0.2.1` is 0xC0000201.
    package init(ipv4: UInt32) {
        value = Self.mapped | UInt128(ipv4)
    }

    package var isIPv4: Bool { value >> 32 == 0xFFFF }

    /// `127.0.0.0/8` or `::1`.
    package var isLoopback: Bool { isIPv4 ? UInt8(truncatingIfNeeded: value >> 24) == 127 : value == 1 }

    /// `0.0.0.0` or `::`: every address of the machine.
    package var isUnspecified: Bool { value == 0 || value == Self.mapped }
}

// MARK: - Text

extension IPAddress {
    /// Reads four decimal numbers without leading zeros, or the forms of RFC 4291 section 2.2; nil for anything else, such
    /// as brackets or a zone.
    package init?(_ text: some StringProtocol) {
        let octets = Array(text.utf8)
        guard octets.count <= 45 else { return nil }
        if octets.contains(UInt8(ascii: ":")) {
            guard let value = IPv6Text.read(octets[...]) else { return nil }
            self.init(value: value)
        } else {
            guard let value = IPv4Text.read(octets[...]) else { return nil }
            self.init(ipv4: value)
        }
    }
}

extension IPAddress: CustomStringConvertible {
    /// In canonical form (RFC 5952).
    package var description: String {
        isIPv4 ? IPv4Text.write(UInt32(truncatingIfNeeded: value)) : IPv6Text.write(value)
    }
}

/// `192.0.2.1`.
private enum IPv4Text {
    static func read(_ text: ArraySlice<UInt8>) -> UInt32? {
        let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var value: UInt32 = 0
        for part in parts {
            guard let octet = octet(part) else { return nil }
            value = value << 8 | octet
        }
        return value
    }

    /// A leading zero means octal to some programs, so it is not accepted.
    private static func octet(_ digits: ArraySlice<UInt8>) -> UInt32? {
        guard (1...3).contains(digits.count), digits.first != UInt8(ascii: "0") || digits.count == 1 else { return nil }
        var number: UInt32 = 0
        for digit in digits {
            guard (0x30...0x39).contains(digit) else { return nil }
            number = number * 10 + UInt32(digit - 0x30)
        }
        return number <= 255 ? number : nil
    }

    static func write(_ value: UInt32) -> String {
        "\(value >> 24).\(value >> 16 & 0xFF).\(value >> 8 & 0xFF).\(value & 0xFF)"
    }
}

/// Eight groups of up to four hexadecimal digits; `::` stands once for groups of zeros, and an IPv4 address for the
/// last two.
private enum IPv6Text {
    static func read(_ text: ArraySlice<UInt8>) -> UInt128? {
        guard let gap = gap(in: text) else {
            guard let groups = groups(text, mayEndInIPv4: true), groups.count == 8 else { return nil }
            return number(groups)
        }
        guard let head = groups(text[..<gap], mayEndInIPv4: false),
            let tail = groups(text[(gap + 2)...], mayEndInIPv4: true), head.count + tail.count < 8
        else { return nil }
        return number(head + [UInt16](repeating: 0, count: 8 - head.count - tail.count) + tail)
    }

    /// Position of `::`.
    private static func gap(in text: ArraySlice<UInt8>) -> Int? {
        text.indices.dropLast().first { text[$0] == UInt8(ascii: ":") && text[$0 + 1] == UInt8(ascii: ":") }
    }

    /// Empty for an empty text.
    private static func groups(_ text: ArraySlice<UInt8>, mayEndInIPv4: Bool) -> [UInt16]? {
        guard !text.isEmpty else { return [] }
        let parts = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts.count <= 8 else { return nil }
        var groups: [UInt16] = []
        for (index, part) in parts.enumerated() {
            if let group = group(part) {
                groups.append(group)
            } else if mayEndInIPv4, index == parts.count - 1, let value = IPv4Text.read(part) {
                groups += [UInt16(value >> 16), UInt16(truncatingIfNeeded: value)]
            } else {
                return nil
            }
        }
        return groups
    }

    private static func group(_ digits: ArraySlice<UInt8>) -> UInt16? {
        guard (1...4).contains(digits.count) else { return nil }
        var number: UInt16 = 0
        for digit in digits {
            guard let value = Character(UnicodeScalar(digit)).hexDigitValue else { return nil }
            number = number << 4 | UInt16(value)
        }
        return number
    }

    private static func number(_ groups: [UInt16]) -> UInt128 {
        groups.reduce(0) { $0 << 16 | UInt128($1) }
    }

    static func write(_ value: UInt128) -> String {
        let groups = (0..<8).map { UInt16(truncatingIfNeeded: value >> UInt128(112 - 16 * $0)) }
        guard let zeros = longestZeros(groups) else { return text(groups[...]) }
        return text(groups[..<zeros.lowerBound]) + "::" + text(groups[zeros.upperBound...])
    }

    /// The first of the longest runs of at least two.
    private static func longestZeros(_ groups: [UInt16]) -> Range<Int>? {
        var longest = 0..<1
        var start = 0
        for (index, group) in groups.enumerated() {
            if group != 0 { start = index + 1 }
            if index + 1 - start > longest.count { longest = start..<(index + 1) }
        }
        return longest.count > 1 ? longest : nil
    }

    private static func text(_ groups: ArraySlice<UInt16>) -> String {
        groups.map { String($0, radix: 16) }.joined(separator: ":")
    }
}
