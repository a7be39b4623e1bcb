/// What the caller of a ``TripCourse`` carries out, or tells, in this order.
package enum TripStep: Hashable, Sendable {
    /// Hand the probe to the spool; ``TripCourse/notSent(_:now:)`` if that fails.
    case send(ProbeToken)
    /// Look into the mailbox now.
    case look(mailbox: String)
    /// The probe need not wait in the queue any longer.
    case withdraw(number: UInt64)
    /// By its action reduce the upstream's share, or open its circuit.
    case blame(UpstreamBlame)
    /// What a blame has brought about ends, through the ramp.
    case acquit(upstream: String, cause: String)
    case fact(TripFact)
    case changed(TripChange)
    case mailbox(MailboxChange)
}
