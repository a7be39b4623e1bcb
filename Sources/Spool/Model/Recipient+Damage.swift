extension Recipient {
    /// This recipient, held because of its damaged content unless it is final.
    package func held(_ reason: String) -> Recipient {
        guard !isFinal else { return self }
        var recipient = self
        recipient.markHeld(.damaged, reason)
        return recipient
    }
}
