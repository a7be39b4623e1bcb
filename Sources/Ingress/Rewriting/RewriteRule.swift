internal import Mail
package import Suppression

/// One `[[rewrite]]`: an address becomes another one, at ingress.
package struct RewriteRule: Hashable, Sendable {
    /// Where it is looked for; raw values are those of relay.conf.
    package enum Field: String, Hashable, Sendable, CaseIterable {
        /// The envelope sender.
        case sender
        case from = "From"
        case replyTo = "Reply-To"
    }

    package var field: Field
    package var match: SuppressionPattern
    package var target: RewriteTarget

    package init(_ field: Field, match: SuppressionPattern, to target: RewriteTarget) {
        (self.field, self.match, self.target) = (field, match, target)
    }
}

/// What an address becomes: another one, or itself at another domain.
package struct RewriteTarget: Hashable, Sendable, CustomStringConvertible {
    /// Maximum octets of a result; an address has at most 320 (RFC 5321 section 4.5.3.1).
    private static let longest = 512

    /// `ann@example.com`, or `@example.com` to keep the local part. ASCII.
    package let text: String

    /// - Returns: nil for what is no address and no domain behind an `@`, so that nothing else gets into a header.
    package init?(_ given: String) {
        guard given.utf8.count <= 320, !given.utf8.contains(UInt8(ascii: "*")),
            let pattern = try? SuppressionPattern(given), pattern.kind == .address || pattern.kind == .domain,
            given == SuppressionPattern.bare(given)
        else { return nil }
        let address = Address(unchecked: given)
        let text = "\(address.localPart)@\(NormalAddress.domain(address.domain))"
        guard text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }),
            Self.isAddress(text.hasPrefix("@") ? "x\(text)" : text)
        else { return nil }
        self.text = text
    }

    /// Whether it is read in a header as what it is in an envelope.
    private static func isAddress(_ text: String) -> Bool {
        MailboxList(Array("<\(text)>".utf8))?.mailboxes.map(\.address) == [text]
    }

    /// The new address; nil if it would be longer than any.
    func address(for address: String) -> String? {
        guard text.hasPrefix("@") else { return text }
        let result = "\(Address(unchecked: address).localPart)\(text)"
        return result.utf8.count <= Self.longest ? result : nil
    }

    package var description: String { text }
}
