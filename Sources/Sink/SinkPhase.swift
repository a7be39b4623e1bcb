/// A point of an SMTP session at which the sink can misbehave.
package enum SinkPhase: String, Sendable, CaseIterable {
    /// The TCP connection has been accepted.
    case connect
    /// The greeting is due.
    case banner
    /// EHLO or HELO was received.
    case ehlo
    /// The STARTTLS command was received.
    case starttls
    /// The client's first octets of the TLS handshake were received.
    case tls
    /// The AUTH command was received.
    case auth
    case mail
    case rcpt
    /// The DATA command was received, or BDAT.
    case data
    /// The first octets of the content were received.
    case content
    /// The final dot was received, or the end of the last chunk.
    case dot
    /// The message has been taken, and is delivered.
    case delivery
    case quit
}
