/// A point of an SMTP session at which the sink can be told to misbehave.
package enum SinkPhase: String, Sendable, CaseIterable {
    /// The TCP connection has been accepted.
    case connect
    /// The greeting is due.
    case banner
    /// EHLO or HELO was received.
    case ehlo
    case mail
    case rcpt
    /// The DATA command was received.
    case data
    /// The first octets of the content were received.
    case content
    /// The final dot was received.
    case dot
    case quit
}
