/// A change of waiting messages that the spool makes itself: their content does not leave it.
package struct MessageChange: Sendable {
    /// The new state of a message; nil to leave it as it is. Called on the spool's writer thread,
    /// once more if a commit is repeated.
    package let settlement: @Sendable (SpooledMessage) -> Settlement?

    package init(settlement: @escaping @Sendable (SpooledMessage) -> Settlement?) {
        self.settlement = settlement
    }
}
