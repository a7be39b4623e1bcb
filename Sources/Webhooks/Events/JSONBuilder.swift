/// Writes one JSON object (RFC 8259) without going through dictionaries: it runs on the spool's writer thread.
struct JSONBuilder {
    private(set) var octets: [UInt8] = []
    private var isFirst = true

    mutating func begin(_ name: String? = nil) {
        if let name { key(name) }
        octets.append(UInt8(ascii: "{"))
        isFirst = true
    }

    mutating func end() {
        octets.append(UInt8(ascii: "}"))
        isFirst = false
    }

    mutating func add(_ name: String, _ value: String?) {
        key(name)
        if let value { string(value) } else { octets += "null".utf8 }
    }

    mutating func add(_ name: String, _ value: Int) {
        key(name)
        octets += "\(value)".utf8
    }

    private mutating func key(_ name: String) {
        if !isFirst { octets.append(UInt8(ascii: ",")) }
        isFirst = false
        string(name)
        octets.append(UInt8(ascii: ":"))
    }

    /// RFC 8259 section 7; control characters as `\u00XX`.
    private mutating func string(_ text: String) {
        octets.append(UInt8(ascii: "\""))
        for octet in text.utf8 {
            switch octet {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): octets += [UInt8(ascii: "\\"), octet]
            case 0..<0x20, 0x7F: octets += "\\u00\(Self.hex(octet >> 4))\(Self.hex(octet & 15))".utf8
            default: octets.append(octet)
            }
        }
        octets.append(UInt8(ascii: "\""))
    }

    private static func hex(_ value: UInt8) -> String { String(value, radix: 16) }
}
