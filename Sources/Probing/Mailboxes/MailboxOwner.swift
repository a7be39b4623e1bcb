package import Mail

/// Who wants to know what is in a mailbox. All are called on the visitor's event loop, and must not wait.
package struct MailboxOwner: Sendable {
    /// A message looks like a probe. The answer says whether it is one of this relay: only then is it deleted.
    ///
    /// The same copy may be reported again, after an interrupted look.
    package var found: @Sendable (FoundMessage) -> Bool
    /// A look has ended: it saw every folder, and all that it found has been reported.
    ///
    /// Parameter: when it began, by the steady clock.
    package var looked: @Sendable (_ began: Timestamp) -> Void
    /// The mailbox could not be looked into.
    ///
    /// Parameters: the cause, for people and without secrets; and whether trying again is no use, as with a wrong password.
    package var failed: @Sendable (_ cause: String, _ isLasting: Bool) -> Void
    /// Probes that were found cannot be deleted, for this reason. They stay in the mailbox and do no harm.
    package var kept: @Sendable (_ cause: String) -> Void

    package init(
        found: @escaping @Sendable (FoundMessage) -> Bool, looked: @escaping @Sendable (_ began: Timestamp) -> Void,
        failed: @escaping @Sendable (_ cause: String, _ isLasting: Bool) -> Void,
        kept: @escaping @Sendable (_ cause: String) -> Void = { _ in }
    ) {
        self.found = found
        self.looked = looked
        self.failed = failed
        self.kept = kept
    }
}
