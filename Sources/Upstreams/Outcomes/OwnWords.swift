package import Mail

/// Marks the relay's own words where a reader expects an upstream's reply.
package enum OwnWords {
    private static let prefix = "not sent: "

    /// `not sent: 553 5.6.7 ses does not accept this address (SMTPUTF8)`.
    package static func mark(_ reply: Reply) -> String {
        prefix + reply.description
    }

    /// The words without their mark; nil for an upstream's reply.
    package static func unmark(_ text: String) -> String? {
        text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : nil
    }
}
