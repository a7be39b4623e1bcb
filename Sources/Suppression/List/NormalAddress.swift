internal import Mail
internal import SMTP

/// The form in which addresses are compared: two addresses are the same mailbox if this is the same text.
///
/// - Letters are lower case, in the local part too: RFC 5321 section 2.4 lets a server tell `Bob` from `bob`, and none
///   that matters does.
/// - A domain with U-labels has its A-labels instead (RFC 5891 section 5); one that has none is kept in lower case.
/// - A quoted local part loses quotes and backslashes that it does not need (RFC 5321 section 4.1.2).
/// - A dot after the domain is dropped. A tag (`bob+news`) is part of the address.
package enum NormalAddress {
    /// Longest address in octets that takes the short way; others take one with allocations.
    private static let usual = 320

    /// The normal form, as text.
    package static func text(_ address: String) -> String {
        with(address) { octets, _ in String(decoding: octets, as: UTF8.self) }
    }

    /// The normal form, valid within `body`, and the index of its last `@`; nil if it has none.
    ///
    /// Allocates nothing for an address in ASCII without quotes.
    static func with<Result>(_ address: String, _ body: (UnsafeBufferPointer<UInt8>, Int?) -> Result) -> Result {
        var address = address
        let result = address.withUTF8 { octets -> Result? in
            guard octets.count <= usual, !octets.isEmpty, octets.allSatisfy({ $0 < 0x80 && $0 != UInt8(ascii: "\"") }),
                octets[octets.count - 1] != UInt8(ascii: ".")
            else { return nil }
            return lowercased(octets, body)
        }
        if let result { return result }
        var text = slow(address)
        return text.withUTF8 { body($0, $0.lastIndex(of: UInt8(ascii: "@"))) }
    }

    private static func lowercased<Result>(
        _ octets: UnsafeBufferPointer<UInt8>, _ body: (UnsafeBufferPointer<UInt8>, Int?) -> Result
    ) -> Result {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: octets.count) { copy in
            var at: Int?
            for index in octets.indices {
                let octet = octets[index]
                copy[index] = octet.asciiLowercased
                if octet == UInt8(ascii: "@") { at = index }
            }
            return body(UnsafeBufferPointer(copy), at)
        }
    }

    private static func slow(_ text: String) -> String {
        let address = Address(unchecked: text)
        let local = localPart(address.localPart)
        return text.utf8.contains(UInt8(ascii: "@")) ? "\(local)@\(domain(address.domain))" : local
    }

    /// The domain in lower case, with A-labels.
    package static func domain(_ text: some StringProtocol) -> String {
        let name = text.hasSuffix(".") ? String(text.dropLast()) : String(text)
        guard name.utf8.contains(where: { $0 >= 0x80 }) else { return name.lowercased() }
        let lower = name.lowercased()
        return (InternationalDomain.inASCII(name) ?? InternationalDomain.inASCII(lower))?.lowercased() ?? lower
    }

    /// The local part in lower case, quoted only if it must be.
    static func localPart(_ text: some StringProtocol) -> String {
        guard text.utf8.count >= 2, text.hasPrefix("\""), text.hasSuffix("\"") else {
            return text.lowercased()
        }
        let plain = unquoted(text.utf8.dropFirst().dropLast())
        let name = String(decoding: plain, as: UTF8.self).lowercased()
        guard !plain.isEmpty, plain.allSatisfy({ isPlain($0) }) else { return quoted(name) }
        return name
    }

    private static func unquoted(_ octets: some Sequence<UInt8>) -> [UInt8] {
        var plain: [UInt8] = []
        var isEscaped = false
        for octet in octets {
            if !isEscaped, octet == UInt8(ascii: "\\") {
                isEscaped = true
            } else {
                plain.append(octet)
                isEscaped = false
            }
        }
        return plain
    }

    private static func quoted(_ name: String) -> String {
        var result = "\""
        for scalar in name.unicodeScalars {
            if scalar == "\"" || scalar == "\\" { result.unicodeScalars.append("\\") }
            result.unicodeScalars.append(scalar)
        }
        return result + "\""
    }

    /// Whether an octet may be outside quotes: text of an atom (RFC 5322 section 3.2.3), a dot, or beyond ASCII. Dots may
    /// be anywhere, as at the listeners.
    private static func isPlain(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), 0x80...:
            true
        default: "!#$%&'*+-/=?^_`{|}~.".utf8.contains(octet)
        }
    }
}
