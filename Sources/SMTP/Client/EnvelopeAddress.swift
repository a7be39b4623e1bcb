package import Mail

/// An address that is safe between the angle brackets of MAIL and RCPT: nothing in it ends the path, the command or the
/// line.
///
/// Data read back from a spool has left the process: an address that somebody has put a line end into must not become a
/// command.
package struct EnvelopeAddress: Hashable, Sendable {
    package let text: String
    /// Whether it can be sent without SMTPUTF8 (RFC 6531 section 3.2).
    package let isASCII: Bool

    /// Nil for an address with control characters, or with a space or an angle bracket outside a quoted string (RFC
    /// 5321 section 4.1.2).
    package init?(_ address: Address) {
        self.init(address.text)
    }

    private init?(_ text: String) {
        var scan = Scan()
        for octet in text.utf8 {
            guard scan.take(octet) else { return nil }
        }
        guard scan.isWhole, !text.isEmpty else { return nil }
        self.text = text
        self.isASCII = scan.all < 0x80
    }

    private struct Scan {
        var all: UInt8 = 0
        private var isQuoted = false
        private var isEscaped = false

        var isWhole: Bool { !isQuoted && !isEscaped }

        mutating func take(_ octet: UInt8) -> Bool {
            all |= octet
            guard octet >= 0x20, octet != 0x7F else { return false }
            if isEscaped {
                isEscaped = false
                return true
            }
            switch octet {
            case UInt8(ascii: "\""): isQuoted.toggle()
            case UInt8(ascii: "\\"): isEscaped = isQuoted
            case UInt8(ascii: " "), UInt8(ascii: "<"), UInt8(ascii: ">"): return isQuoted
            default: break
            }
            return true
        }
    }

    package var domain: Substring { Address(unchecked: text).domain }

    /// The same mailbox in ASCII, with its domain as A-labels (RFC 5890 section 2.3.2.1). Nil if the local part is not
    /// ASCII, because it has no other form (RFC 6531 section 3.2), or if the domain is invalid.
    package func inASCII(_ domainInASCII: (String) -> String?) -> EnvelopeAddress? {
        guard !isASCII else { return self }
        let address = Address(unchecked: text)
        guard address.localPart.utf8.allSatisfy({ $0 < 0x80 }), let domain = domainInASCII(String(address.domain))
        else {
            return nil
        }
        return EnvelopeAddress("\(address.localPart)@\(domain)").flatMap { $0.isASCII ? $0 : nil }
    }
}
