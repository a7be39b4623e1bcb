/// One thing that the sink does wrong on purpose: where, what, when, and how often.
package struct SinkFault: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// Answers with `SinkSettings.faultReply`; 421 closes the session as well, and so does any reply at `connect`.
        /// At `tls`, octets that are no TLS.
        case fail
        /// Answers with these octets, whatever they are; those that begin with 421 close the session as well, and so do any
        /// at `connect`. At `content`, an answer to nothing.
        case say([UInt8])
        /// Does what is right, and gives the reply twice: all that follow are one behind.
        case twice
        /// Answers with lines that announce a further line, for ever.
        case endless
        /// Never answers. At `content` it stops reading too, so that the client's window fills.
        case hang
        /// Closes without a reply; at `connect` with a reset. A message that ends so has not been taken.
        case drop
        /// Takes the message, then closes without a reply; only at `dot`.
        case takeAndDrop
        /// Holds the reply back for so long, and each time for so much longer. Another fault may happen then.
        case delay(Duration, growth: Duration = .zero)
        /// Reads the content no faster; only at `content`.
        case slow(bytesPerSecond: Int)
        /// Does not listen: new connections are refused; only at `connect`, like the next two.
        case refuse
        /// The same, and resets the sessions that are open when it begins.
        case down
        /// Resets the sessions that are open when it begins, and no others.
        case cut
    }

    package let phase: SinkPhase
    package let kind: Kind
    /// It begins when so many messages have been taken.
    package var after = 0
    /// When it happens, from its beginning on, or from the moment at which the faults are turned on.
    package var window = SinkWindow()
    /// The part of the cases in which it happens, 0 to 1.
    package var rate = 1.0
    /// It happens only to what comes beyond so many a second, of which as many again may come at once; nil for anything.
    package var above: Int?
    /// It ends when it has happened so often; nil for never.
    package var limit: Int?
    /// At `rcpt`, it concerns only recipients that contain this text; nil for `SinkSettings.faultyRecipient`.
    package var recipient: String?
    /// At `rcpt`, it concerns only recipients that come when so many have been taken in the transaction; nil for all.
    package var behind: Int?

    package init(_ kind: Kind, at phase: SinkPhase) {
        self.phase = phase
        self.kind = kind
    }

    /// Whether it is about the listening socket and all sessions at once.
    var isOfListener: Bool {
        switch kind {
        case .refuse, .down, .cut: true
        case .fail, .say, .twice, .endless, .hang, .drop, .takeAndDrop, .delay, .slow: false
        }
    }
}
