/// How far a session, or a transaction in it, has progressed: what the next reply will answer.
package enum ClientPhase: String, Hashable, Sendable, CaseIterable {
    case connect, banner, ehlo
    /// The reply to STARTTLS.
    case startTLS = "starttls"
    /// The TLS handshake, after STARTTLS or from the start.
    case tls
    case auth, mail, rcpt, data, content, dot, rset, noop, quit
    /// Not waiting for a reply.
    case idle
}
