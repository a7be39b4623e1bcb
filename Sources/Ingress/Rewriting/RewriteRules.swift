package import Mail
internal import Suppression

/// The `[[rewrite]]` tables, in order: for each address the first that fits decides.
package struct RewriteRules: Hashable, Sendable {
    package static let none = RewriteRules([])

    private let ofSender: [RewriteRule]
    private let ofHeader: [RewriteRule]

    package init(_ rules: [RewriteRule]) {
        ofSender = rules.filter { $0.field == .sender }
        ofHeader = rules.filter { $0.field != .sender }
    }

    /// Whether header fields are rewritten.
    var concernHeader: Bool { !ofHeader.isEmpty }

    /// The header fields that are rewritten.
    var fields: [RewriteRule.Field] {
        RewriteRule.Field.allCases.filter { field in ofHeader.contains { $0.field == field } }
    }

    /// The envelope sender to store; the null sender stays.
    package func sender(_ path: ReversePath) -> ReversePath {
        guard !ofSender.isEmpty, let address = path.address,
            let new = Self.first(ofSender, .sender, address.text)
        else { return path }
        return ReversePath(address: Address(unchecked: new))
    }

    /// What an address in a header field becomes; nil if it stays.
    func address(_ address: String, in field: RewriteRule.Field) -> String? {
        Self.first(ofHeader, field, address)
    }

    private static func first(_ rules: [RewriteRule], _ field: RewriteRule.Field, _ address: String) -> String? {
        let normal = NormalAddress.text(address)
        return rules.first { $0.field == field && $0.match.matches(normal: normal) }?.target.address(for: address)
    }
}
