package import Mail

/// What has become of a recipient (RFC 3464 section 2.3).
package struct NoticeRecipient: Hashable, Sendable {
    /// The value of the field `Action` (RFC 3464 section 2.3.3).
    package enum Action: String, Hashable, Sendable, CaseIterable {
        case failed
        /// Not delivered yet; the relay goes on trying.
        case delayed
        /// Handed to an upstream, which reports no success by itself (RFC 3461 section 5.2.2).
        case relayed
        /// Handed to an upstream, which will report by itself as the sender has asked (RFC 3461 section 5.2.1).
        case passedOn
    }

    package var address: Address
    package var options: RecipientOptions
    package var action: Action
    /// Of the last reply, or the relay's own; nil if there is none.
    package var status: EnhancedStatusCode?
    /// Of a failure or delay.
    package var failureClass: FailureClass?
    /// Name in relay.conf of the upstream that replied last; nil if none has been tried.
    package var upstream: String?
    /// Host name of that upstream, if known.
    package var host: String?
    /// The last reply, with its code: `550 5.1.1 no such user`; or what else ended the attempt.
    package var reply: String?
    package var lastAttemptAt: Timestamp?
    /// When the relay gives up; for delays.
    package var retryUntil: Timestamp?
    /// How often it was offered to an upstream. 0: never, because none was available.
    package var attempts: Int

    package init(
        _ address: Address, options: RecipientOptions = .none, action: Action, status: EnhancedStatusCode? = nil,
        failureClass: FailureClass? = nil, upstream: String? = nil, host: String? = nil, reply: String? = nil,
        lastAttemptAt: Timestamp? = nil, retryUntil: Timestamp? = nil, attempts: Int = 1
    ) {
        self.address = address
        self.options = options
        self.action = action
        self.status = status
        self.failureClass = failureClass
        self.upstream = upstream
        self.host = host
        self.reply = reply
        self.lastAttemptAt = lastAttemptAt
        self.retryUntil = retryUntil
        self.attempts = attempts
    }
}
