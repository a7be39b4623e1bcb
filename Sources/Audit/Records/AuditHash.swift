/// The keyed digest of a record and of all before it, as 64 hexadecimal digits in lower case.
package struct AuditHash: Hashable, Sendable, CustomStringConvertible {
    /// Number of digits.
    static let length = 64

    package let description: String

    /// What the first record follows.
    static let start = AuditHash(unchecked: String(repeating: "0", count: length))

    /// - Returns: nil for anything but 64 digits; capital letters are not accepted.
    package init?(_ text: some StringProtocol) {
        guard text.utf8.count == Self.length, text.utf8.allSatisfy(Self.isDigit) else { return nil }
        description = String(text)
    }

    private init(unchecked text: String) { description = text }

    init(digest: [UInt8]) {
        description = Hexadecimal.text(of: digest)
    }

    private static func isDigit(_ octet: UInt8) -> Bool {
        (0x30...0x39).contains(octet) || (0x61...0x66).contains(octet)
    }
}

enum Hexadecimal {
    private static let digits = Array("0123456789abcdef".utf8)

    static func text(of octets: [UInt8]) -> String {
        String(decoding: octets.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// - Returns: nil unless it is an even number of digits, in lower case.
    static func octets(of text: some StringProtocol) -> [UInt8]? {
        let values = text.utf8.map { octet in digits.firstIndex(of: octet) }
        guard values.count.isMultiple(of: 2), values.allSatisfy({ $0 != nil }) else { return nil }
        return stride(from: 0, to: values.count, by: 2).map { UInt8((values[$0] ?? 0) << 4 | (values[$0 + 1] ?? 0)) }
    }
}
