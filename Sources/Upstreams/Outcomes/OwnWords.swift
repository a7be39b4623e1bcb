package import Mail

/// Marks what the relay says itself, without having asked an upstream, where an upstream's reply would be expected.
package enum OwnWords {
    private static let prefix = "not sent: "

    /// `not sent: 553 5.6.7 ses does not accept this address (SMTPUTF8)`.
    package static func mark(_ reply: Reply) -> String {
        prefix + reply.description
    }

    /// The words without their mark; nil for anything that an upstream may have said.
    package static func unmark(_ text: String) -> String? {
        text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : nil
    }
}
