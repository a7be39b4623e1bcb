/// A deliberate misbehaviour of the sink: where, what, when, and how often.
package struct SinkFault: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// Replies with `SinkSettings.faultReply`; 421 also closes the session, and so does any reply at `connect`. At
        /// `tls`, sends octets that are not TLS.
        case fail
        /// Replies with these octets, whatever they are; a reply beginning with 421 also closes the session, and so
        /// does any at `connect`. At `content`, an unsolicited reply.
        case say([UInt8])
        /// Behaves correctly, but sends the reply twice: all later replies are off by one. At `delivery`, delivers the
        /// message twice.
        case twice
        /// Replies with continuation lines, forever.
        case endless
        /// Never replies. At `content` it also stops reading, so that the client's window fills.
        case hang
        /// Closes without a reply; at `connect` with a reset. A message that ends this way has not been accepted.
        case drop
        /// Accepts the message, then closes without a reply; only at `dot`.
        case takeAndDrop
        /// Accepts the message and answers with these octets, whatever they are; only at `dot`.
        case takeAndSay([UInt8])
        /// Accepts the message and says so, then says this and closes; only at `dot`.
        case takeAndClose([UInt8])
        /// Delivers the message nowhere; only at `delivery`.
        case discard
        /// Delivers it as junk; only at `delivery`.
        case junk
        /// Behaves correctly, but discards what was sent together with the command, behind it.
        case deaf
        /// Delays the reply, or the delivery, each time by `growth` more. Another fault may happen in addition.
        case delay(Duration, growth: Duration = .zero)
        /// Limits the speed at which content is read; only at `content`.
        case slow(bytesPerSecond: Int)
        /// Stops listening, so new connections are refused; only at `connect`, like the next two.
        case refuse
        /// The same, and resets the open sessions when it begins.
        case down
        /// Resets the open sessions when it begins, and nothing else.
        case cut
    }

    package let phase: SinkPhase
    package let kind: Kind
    /// Begins once this many messages have been accepted.
    package var after = 0
    /// When it happens, counted from its beginning, or from when faults are turned on.
    package var window = SinkWindow()
    /// Fraction of cases in which it happens, 0 to 1.
    package var rate = 1.0
    /// Affects only what exceeds this many per second, with a burst of the same size; nil for everything.
    package var above: Int?
    /// Ends after this many occurrences; nil for never.
    package var limit: Int?
    /// At `rcpt`, affects only recipients containing this text; nil for `SinkSettings.faultyRecipient`.
    package var recipient: String?
    /// At `rcpt`, affects only recipients after this many were accepted in the transaction; nil for all.
    package var behind: Int?
    /// Affects only what exceeds this many recipients, taken since its beginning or in the present period of its window;
    /// nil for everything.
    package var quota: Int?
    /// Affects only sessions that have begun this many transactions before; nil for all.
    package var messages: Int?
    /// At `auth`, affects only this mechanism; nil for all.
    package var mechanism: String?

    package init(_ kind: Kind, at phase: SinkPhase) {
        self.phase = phase
        self.kind = kind
    }

    /// Whether it concerns the listening socket and all sessions at once.
    var isOfListener: Bool {
        switch kind {
        case .refuse, .down, .cut: true
        case .fail, .say, .twice, .endless, .hang, .drop, .takeAndDrop, .takeAndSay, .takeAndClose, .discard, .junk,
            .deaf, .delay, .slow:
            false
        }
    }
}

/// The case in which a fault may happen.
struct SinkCase: Sendable {
    let phase: SinkPhase
    /// The address of the RCPT command at `rcpt`.
    var recipient: String?
    /// Number of recipients accepted in the transaction.
    var taken = 0
    /// Transactions that the session began before.
    var messages = 0
    /// The mechanism at `auth`.
    var mechanism: String?

    /// Recipients of the transaction, with the one in question.
    var recipients: Int { phase == .rcpt ? taken + 1 : max(1, taken) }

    init(_ phase: SinkPhase, recipient: String? = nil, taken: Int = 0) {
        self.phase = phase
        self.recipient = recipient
        self.taken = taken
    }

    func fits(_ fault: SinkFault) -> Bool {
        guard fault.phase == phase, !fault.isOfListener, taken >= fault.behind ?? 0, messages >= fault.messages ?? 0
        else { return false }
        if let wanted = fault.mechanism, mechanism?.uppercased() != wanted { return false }
        guard let wanted = fault.recipient else { return true }
        return recipient?.contains(wanted) == true
    }
}
