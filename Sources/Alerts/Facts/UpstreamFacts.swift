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
    /// Of its quotas the one of which the greatest share is used; nil without any.
    package var quota: QuotaFacts?

    package init(name: String) {
        self.name = name
    }

    /// The last error as sentences have it.
    var complaint: String? { lastError.map { AlertWords.quotation($0) } }

    /// Whether it takes mail.
    var works: Bool { isClosed && isEnabled && !isSpent }
    /// Whether it takes all the mail it could get.
    var isWhole: Bool { works && share >= 1 }
    private var isSpent: Bool { quota?.left == 0 }

    /// What is said of one that answers again.
    static let awaiting = "answers again, and the next message is its trial"

    /// Why it takes no mail, or not all.
    var trouble: String {
        if awaitsTrial { return "it \(Self.awaiting)" }
        guard isEnabled else { return "an operator has taken it out" }
        if isClosed, isSpent, let quota { return "its quota \(quota.quota) is used up" }
        let words = isClosed ? "it is coming back" : "its circuit is not closed"
        return words + (complaint.map { "; its last error: \($0)" } ?? "")
    }
}

/// How a quota stands.
package struct QuotaFacts: Hashable, Sendable {
    /// As in relay.conf: `50000/d`.
    package let quota: String
    /// 0 to 100, or more after a correction.
    package let percentUsed: Double
    /// Recipients.
    package let left: Int

    package init(quota: String, percentUsed: Double, left: Int) {
        self.quota = quota
        self.percentUsed = percentUsed
        self.left = left
    }
}
