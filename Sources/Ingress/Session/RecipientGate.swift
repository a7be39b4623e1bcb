package import Mail
package import Suppression

/// Says at RCPT which recipients are refused because they are suppressed.
package struct RecipientGate: Sendable {
    /// What is known at RCPT.
    package struct Question: Sendable {
        package let recipient: Address
        package let sender: ReversePath
        package let user: String?
        /// The route named in the user's settings.
        package let route: String?
    }

    /// Whether nobody is refused now; asked once per transaction.
    package let isOpen: @Sendable () -> Bool
    /// The suppression because of which a recipient is refused; nil if it is not.
    package let refusal: @Sendable (Question) -> SuppressionMatch?

    /// - Parameters:
    ///   - isOpen: cheap, since it is asked for each transaction.
    ///   - refusal: called on the event loops; must not block.
    package init(
        isOpen: @escaping @Sendable () -> Bool, refusal: @escaping @Sendable (Question) -> SuppressionMatch?
    ) {
        self.isOpen = isOpen
        self.refusal = refusal
    }

    /// Refuses nobody.
    package static let open = RecipientGate(isOpen: { true }) { _ in nil }
}
