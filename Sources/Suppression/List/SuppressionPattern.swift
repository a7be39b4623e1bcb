internal import Mail
internal import SMTP

/// Whom a suppression is about, in normal form (``NormalAddress``): `bob@example.com`, `@example.com`, `@*.example.com`
/// for the subdomains, or `bob@*`.
package struct SuppressionPattern: Hashable, Sendable, CustomStringConvertible {
    package enum Kind: Hashable, Sendable, CaseIterable {
        case address, domain, subdomains, localPart
    }

    /// Most octets; an address has at most 320 (RFC 5321 section 4.5.3.1).
    static let longest = 512

    package let text: String
    package let kind: Kind

    private init(text: String, kind: Kind) {
        self.text = text
        self.kind = kind
    }

    /// One address, as it was accepted; a star in it is nothing but a star.
    package init(address: String) {
        self.init(text: NormalAddress.text(address), kind: .address)
    }

    /// One that was stored.
    package init(stored text: String) {
        let kind: Kind =
            if text.hasPrefix("@*.") { .subdomains } else if text.hasPrefix("@") {
                .domain
            } else if text.hasSuffix(
                "@*")
            { .localPart } else { .address }
        self.init(text: text, kind: kind)
    }

    /// What a person or a file says; blanks around it, and angle brackets, do not matter.
    ///
    /// - Throws: ``SuppressionError`` with what would be right.
    package init(_ given: String) throws(SuppressionError) {
        let text = Self.bare(given)
        guard !text.isEmpty else { throw SuppressionError(.badPattern, "the address is empty") }
        guard text.utf8.count <= Self.longest else {
            throw SuppressionError(.badPattern, "an address has at most \(Self.longest) octets")
        }
        guard text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F && $0 != "\u{FFFD}" }) else {
            throw SuppressionError(.badPattern, "the address has control characters, or is not UTF-8")
        }
        if text.hasPrefix("@") || text.hasPrefix("*@") {
            try self.init(domain: String(text.drop { $0 == "*" }.dropFirst()))
        } else if text.hasSuffix("@*") {
            try self.init(localPart: String(text.dropLast(2)))
        } else {
            try self.init(whole: text)
        }
    }

    private init(domain: String) throws(SuppressionError) {
        let isSubdomains = domain.hasPrefix("*.")
        let name = isSubdomains ? String(domain.dropFirst(2)) : domain
        guard domain != "*" else {
            throw SuppressionError(.badPattern, "\"@*\" would suppress everybody; name a domain or a local part")
        }
        guard Self.isAddress("x@\(name)") else {
            throw SuppressionError(.badPattern, "\"\(domain)\" is not a domain; write @example.com or @*.example.com")
        }
        let normal = NormalAddress.domain(name)
        self.init(text: isSubdomains ? "@*.\(normal)" : "@\(normal)", kind: isSubdomains ? .subdomains : .domain)
    }

    private init(localPart: String) throws(SuppressionError) {
        guard Self.isAddress("\(localPart)@example.com"), !Self.hasStar(localPart) else {
            throw SuppressionError(.badPattern, "\"\(localPart)\" is not a local part; write bob@*")
        }
        self.init(text: "\(NormalAddress.localPart(localPart))@*", kind: .localPart)
    }

    private init(whole text: String) throws(SuppressionError) {
        let isQuoted = text.hasPrefix("\"")
        if !isQuoted, Self.hasStar(text) {
            throw SuppressionError(
                .badPattern,
                "\"\(text)\": a star stands for a whole local part or all subdomains; "
                    + "write @example.com, @*.example.com or bob@*")
        }
        guard Self.isAddress(text) else {
            let hint = Self.looksLikeDomain(text) ? "; \"@\(text)\" stands for a whole domain" : ""
            throw SuppressionError(.badPattern, "\"\(text)\" is not an address\(hint)")
        }
        self.init(address: text)
    }

    private static func hasStar(_ text: String) -> Bool { text.utf8.contains(UInt8(ascii: "*")) }

    private static func isAddress(_ text: String) -> Bool {
        // A dot behind the domain is left out; nothing else is.
        let count = text.utf8.count - (text.hasSuffix(".") ? 1 : 0)
        return EnvelopePath.parse("<\(text)>")?.address.map { $0.text.utf8.count >= count } ?? false
    }

    private static func looksLikeDomain(_ text: String) -> Bool {
        text.contains(".") && !text.contains("@") && isAddress("x@\(text)")
    }

    /// Without blanks, and then angle brackets, around it.
    package static func bare(_ given: String) -> String {
        let text = trimmed(given)
        return text.hasPrefix("<") && text.hasSuffix(">") ? trimmed(String(text.dropFirst().dropLast())) : text
    }

    /// Compares octets: finding the last letter of a text would cost more than all the rest of an import.
    private static func trimmed(_ text: String) -> String {
        let isBlank: (UInt8) -> Bool = { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
        var octets = text.utf8.drop(while: isBlank)
        while let last = octets.last, isBlank(last) { octets.removeLast() }
        return octets.count == text.utf8.count ? text : String(Substring(octets))
    }

    /// As commands and files take it: an address whose local part has a star is quoted, so that it stands for itself.
    package var written: String {
        guard kind == .address, !text.hasPrefix("\""), Self.hasStar(text) else { return text }
        let at = text.lastIndex(of: "@") ?? text.endIndex
        return "\"\(text[..<at])\"\(text[at...])"
    }

    package var description: String { text }
}
