/// Names and values as `application/x-www-form-urlencoded`.
enum FormBody {
    static let type = "application/x-www-form-urlencoded"

    static func octets(_ fields: [(name: String, value: String)]) -> [UInt8] {
        Array(fields.map { "\($0.name)=\(encoded($0.value))" }.joined(separator: "&").utf8)
    }

    /// All but the unreserved characters as `%XX` (RFC 3986 section 2.3).
    static func encoded(_ text: String) -> String {
        var octets: [UInt8] = []
        for octet in text.utf8 {
            if isUnreserved(octet) {
                octets.append(octet)
            } else {
                octets += [UInt8(ascii: "%"), digits[Int(octet >> 4)], digits[Int(octet & 0xF)]]
            }
        }
        return String(decoding: octets, as: UTF8.self)
    }

    private static let digits = Array("0123456789ABCDEF".utf8)

    private static func isUnreserved(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "-._~".utf8.contains(octet)
        }
    }
}
