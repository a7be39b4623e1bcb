/// One thing that the sink does wrong on purpose.
package struct SinkFault: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// Answers with `SinkSettings.faultReply`; 421 closes the session as well, and so does any reply at `connect`.
        /// At `tls`, octets that are no TLS.
        case fail
        /// Never answers. At `content` it stops reading too, so that the client's window fills.
        case hang
        /// Closes without a reply; at `connect` with a reset. A message that ends so has not been taken.
        case drop
        /// Takes the message, then closes without a reply; only at `dot`.
        case takeAndDrop
    }

    package let phase: SinkPhase
    package let kind: Kind

    package init(_ kind: Kind, at phase: SinkPhase) {
        self.phase = phase
        self.kind = kind
    }
}
