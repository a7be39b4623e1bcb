internal import Mail

/// Addresses as a report writes them (RFC 3464 sections 2.3.1 and 2.3.2, RFC 6533 section 3).
struct ReportedAddress {
    /// Whether UTF-8 may stand as it is.
    let isGlobal: Bool

    /// The value of `Final-Recipient`.
    func text(of address: Address) -> String {
        let type = PlainText.isASCII(address.text) ? "rfc822" : "utf-8"
        return "\(type); \(PlainText.clean(address.text, asASCII: !isGlobal))"
    }

    /// The value of `Original-Recipient` for a value of ORCPT: decoded, except what could end a line.
    func text(ofOriginal value: String) -> String? {
        guard let semicolon = value.firstIndex(of: ";"), semicolon > value.startIndex else { return nil }
        let type = PlainText.words(String(value[..<semicolon]), asASCII: true)
        let encoded = String(value[value.index(after: semicolon)...])
        let decoded = type.lowercased() == "utf-8" ? unicode(encoded) : XText.decode(encoded)
        return "\(type); \(PlainText.clean(decoded, asASCII: !isGlobal))"
    }

    /// `\x{...}` becomes a character where UTF-8 may stand (RFC 6533 section 4.1).
    private func unicode(_ text: String) -> String {
        guard isGlobal, text.contains("\\") else { return text }
        return text.replacing(#/\\x\{([0-9A-F]{2,6})\}/#) { match in
            guard let value = UInt32(match.1, radix: 16), let scalar = Unicode.Scalar(value), value >= 0x20 else {
                return String(match.0)
            }
            return String(scalar)
        }
    }
}

/// The encoding of ENVID and ORCPT (RFC 3461 section 4).
enum XText {
    /// The text that is encoded; what is not xtext stays as it is. Only printable ASCII is decoded.
    static func decode(_ text: String) -> String {
        guard text.contains("+") else { return text }
        return text.replacing(#/\+([0-9A-F]{2})/#) { match in
            guard let value = UInt8(match.1, radix: 16), (0x20...0x7E).contains(value) else { return String(match.0) }
            return String(Unicode.Scalar(value))
        }
    }
}
