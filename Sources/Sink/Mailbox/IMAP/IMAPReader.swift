/// Reads the arguments of a command (RFC 9051 section 9).
struct IMAPReader {
    private let octets: [UInt8]
    private var index = 0

    init(_ octets: [UInt8]) { self.octets = octets }

    var isAtEnd: Bool { index == octets.count }
    private var next: UInt8? { isAtEnd ? nil : octets[index] }

    mutating func skipSpace() -> Bool { skip(" ") }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard let next, UInt32(next) == character.value else { return false }
        index += 1
        return true
    }

    /// Anything up to a space, a parenthesis or a bracket; nil if there is none.
    mutating func word() -> String? { word { !Self.delimiters.contains($0) } }

    /// The same with `\` and `*`, and in upper case.
    mutating func keyword() -> String? { word()?.uppercased() }

    private static let delimiters = Set(" ()[]{\"".utf8)

    private mutating func word(_ belongs: (UInt8) -> Bool) -> String? {
        let start = index
        while let next, next > 32, next != 127, belongs(next) { index += 1 }
        return start == index ? nil : String(decoding: octets[start..<index], as: UTF8.self)
    }

    /// An atom, a quoted string or a literal; nil if there is none.
    mutating func string() -> String? {
        switch next {
        case UInt8(ascii: "\""): quoted()
        case UInt8(ascii: "{"): literal()
        default: word()
        }
    }

    private mutating func quoted() -> String? {
        var text: [UInt8] = []
        index += 1
        while let octet = next {
            index += 1
            if octet == UInt8(ascii: "\"") { return String(decoding: text, as: UTF8.self) }
            if octet == UInt8(ascii: "\\") {
                guard let escaped = next else { return nil }
                index += 1
                text.append(escaped)
            } else {
                text.append(octet)
            }
        }
        return nil
    }

    private mutating func literal() -> String? {
        guard let close = octets[index...].firstIndex(of: UInt8(ascii: "}")) else { return nil }
        let digits = octets[(index + 1)..<close].filter { $0 != UInt8(ascii: "+") }
        guard let count = Int(String(decoding: digits, as: UTF8.self)), count >= 0,
            let feed = octets[close...].firstIndex(of: 10), feed + 1 + count <= octets.count
        else { return nil }
        index = feed + 1 + count
        return String(decoding: octets[(feed + 1)..<index], as: UTF8.self)
    }

    /// Strings in parentheses; nil if there are none.
    mutating func list() -> [String]? {
        guard skip("(") else { return nil }
        var strings: [String] = []
        while !skip(")") {
            guard strings.isEmpty || skipSpace(), let string = string() else { return nil }
            strings.append(string)
        }
        return strings
    }
}
