extension Recipient {
    /// This recipient, held because of its damaged content unless it is final.
    package func held(_ reason: String) -> Recipient {
        guard !isFinal else { return self }
        var recipient = self
        recipient.markHeld(.damaged, reason)
        return recipient
    }
}

extension Settlement {
    /// This settlement, with what is not final held because of damaged content; nobody is told of anything else.
    package func holding(_ reason: String) -> Settlement {
        Settlement(
            id: id, recipients: recipients.map { $0.held(reason) }, cycles: cycles, attempt: attempt,
            boundUpstream: boundUpstream)
    }
}
