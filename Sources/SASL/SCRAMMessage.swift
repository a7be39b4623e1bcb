internal import Mail

/// The grammar shared by all SCRAM messages (RFC 5802 section 7): attributes `x=value`, separated by commas.
enum SCRAMMessage {
    /// Maximum message size; the longest valid one has a name of 255 octets, each written as three.
    static let sizeLimit = 4096

    /// Attributes in order. nil if the text is not UTF-8, is too long, or has a part that is not an attribute.
    static func attributes(_ octets: some Collection<UInt8>) -> [(name: Character, value: String)]? {
        guard octets.count <= sizeLimit, !octets.contains(0), let text = String(validating: octets, as: UTF8.self)
        else { return nil }
        var found: [(Character, String)] = []
        for part in text.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
            guard let first = part.first, part.dropFirst().first == UInt8(ascii: "="),
                UInt8(ascii: "A")...UInt8(ascii: "Z") ~= first || UInt8(ascii: "a")...UInt8(ascii: "z") ~= first
            else { return nil }
            found.append((Character(Unicode.Scalar(first)), String(Substring(part.dropFirst(2)))))
        }
        return found
    }

    /// Whether this is a nonce: visible ASCII without the comma (RFC 5802 section 7, `printable`).
    static func isNonce(_ text: String) -> Bool {
        (1...256).contains(text.utf8.count)
            && text.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: ",") }
    }

    /// `posit-number`: digits without a leading zero.
    static func number(_ text: String) -> Int? {
        guard (1...10).contains(text.utf8.count), text.utf8.first != UInt8(ascii: "0"),
            text.utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        return Int(text)
    }

    /// The octets of a base64 value; nil also if it is empty.
    static func octets(_ text: String) -> [UInt8]? {
        guard let octets = Base64.decode(text.utf8), !octets.isEmpty else { return nil }
        return octets
    }

    /// A name as written in an attribute: `,` is `=2C` and `=` is `=3D` (RFC 5802 section 5.1).
    static func escape(_ name: String) -> String {
        var text = ""
        for scalar in name.unicodeScalars {
            switch scalar {
            case ",": text += "=2C"
            case "=": text += "=3D"
            case _: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }

    /// Reverses ``escape(_:)``; nil if `=` stands for anything else.
    static func unescape(_ text: String) -> String? {
        var octets: [UInt8] = []
        var rest = Substring(text).utf8
        while let octet = rest.popFirst() {
            guard octet == UInt8(ascii: "=") else {
                octets.append(octet)
                continue
            }
            let code = Array(rest.prefix(2))
            guard code == Array("2C".utf8) || code == Array("3D".utf8) else { return nil }
            octets.append(code == Array("2C".utf8) ? UInt8(ascii: ",") : UInt8(ascii: "="))
            rest = rest.dropFirst(2)
        }
        return String(validating: octets, as: UTF8.self)
    }
}
