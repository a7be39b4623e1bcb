package import Mail

/// A notice that has to be written.
package struct NoticePlan: Hashable, Sendable {
    package enum Purpose: Hashable, Sendable {
        /// For the sender.
        case report
        /// For the postmaster, of a failure that its sender is told of.
        case copy
        /// For the postmaster, because a message that failed has no sender to be told (RFC 5321 section 6.1).
        case doubleBounce
    }

    package let kind: NoticeKind
    package let purpose: Purpose
    package let addressee: Address
    /// The recipients it tells of; never empty.
    package let recipients: [NoticeRecipient]

    package init(kind: NoticeKind, purpose: Purpose, addressee: Address, recipients: [NoticeRecipient]) {
        self.kind = kind
        self.purpose = purpose
        self.addressee = addressee
        self.recipients = recipients
    }
}
