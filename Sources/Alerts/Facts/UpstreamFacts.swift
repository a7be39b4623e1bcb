/// How an upstream stands.
package struct UpstreamFacts: Hashable, Sendable {
    package var name: String
    /// Whether its circuit is closed.
    package var isClosed = true
    /// Whether its circuit is not closed, but it answers again, and gets the next message as its trial.
    package var awaitsTrial = false
    /// Whether the operator lets mail go there.
    package var isEnabled = true
    /// Share of the traffic that it may have, 0 to 1.
    package var share = 1.0
    /// Whether something has succeeded or failed there since the relay was started; before, its circuit says nothing.
    package var isProven = true
    /// Whether it refuses the relay's account.
    package var refusesAccount = false
    /// As it was said, so with whatever a stranger has put into it.
    package var lastError: String?

    package init(name: String) {
        self.name = name
    }

    /// The last error as sentences have it.
    var complaint: String? { lastError.map { AlertWords.quotation($0) } }

    /// Whether it takes mail.
    var works: Bool { isClosed && isEnabled }
    /// Whether it takes all the mail it could get.
    var isWhole: Bool { works && share >= 1 }

    /// What is said of one that answers again.
    static let awaiting = "answers again, and the next message is its trial"

    /// Why it takes no mail, or not all.
    var trouble: String {
        if awaitsTrial { return "it \(Self.awaiting)" }
        let words =
            if !isEnabled { "an operator has taken it out" } else if !isClosed {
                "its circuit is not closed"
            } else { "it is coming back" }
        return words + (isEnabled ? (complaint.map { "; its last error: \($0)" } ?? "") : "")
    }
}
