package import Mail

/// The suppression that keeps mail from an address.
package struct SuppressionMatch: Hashable, Sendable {
    package let key: SuppressionKey
    package let source: SuppressionSource
    package let addedBy: String?
    package let addedAt: Timestamp

    /// What a client, or a sender in a bounce, is told: who suppressed the address, and when.
    package var reply: Reply {
        Reply(550, EnhancedStatusCode(5, 1, 1), "\(subject) is suppressed: \(cause) at \(addedAt.dateTime)")
    }

    /// An address that goes on for long is not repeated.
    private var subject: String {
        let text = key.pattern.text
        let words = text.utf8.count > 100 ? "the address" : text
        return key.route.map { "\(words) on route \($0)" } ?? words
    }

    private var cause: String {
        let person = addedBy.map { " \($0)" } ?? ""
        switch source {
        case .operator: return "by operator\(person)"
        case .import: return "by an import of operator\(person)"
        case .hardBounces: return "by this relay, after mail to it failed permanently,"
        case .softBounces: return "by this relay, after mail to it failed again and again,"
        }
    }
}
