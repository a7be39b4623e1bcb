/// What the caller carries out.
package enum TripOrder: Hashable, Sendable {
    /// To be counted in the history.
    case count(TripFact)
    case changed(TripChange)
    case mailbox(MailboxChange)
    /// Tell it; by ``UpstreamBlame/action`` reduce the upstream's share, or open its circuit with cause `round_trip`. Again for
    /// the same upstream where another action follows by now; with `alert` what the one before has brought about ends.
    case blame(UpstreamBlame)
    /// Round trips arrive again: what ``blame(_:)`` has brought about ends, through the ramp.
    case acquit(upstream: String, cause: String)
    /// Look into the mailbox now: a probe is overdue, and is lost only if it is not there.
    case look(mailbox: String)
    /// No upstream has taken the probe in time: it need not wait in the queue any longer.
    case withdraw(number: UInt64)
}
