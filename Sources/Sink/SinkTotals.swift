internal import Mail

/// What a sink has seen so far.
package struct SinkTotals: Hashable, Sendable {
    package var connections = 0
    package var openConnections = 0
    /// Connections beyond the limit.
    package var refusedConnections = 0
    package var messages = 0
    package var recipients = 0
    /// Octets of content accepted, unstuffed, without the final dot.
    package var bytes = 0
    /// Faults that happened, not counting delays.
    package var faults = 0
    package var violations = SinkViolations()
    package var security = SinkSecurityTotals()
    /// When the first and the latest message were accepted, wall clock in microseconds since 1970; 0 for none.
    package var firstMessageAt: Int64 = 0
    package var lastMessageAt: Int64 = 0

    package init() {}

    /// The totals as one line of JSON, without a line end.
    package var json: String {
        var line = JSONLine()
        line.add("connections", connections)
        line.add("open_connections", openConnections)
        line.add("refused_connections", refusedConnections)
        line.add("messages", messages)
        line.add("recipients", recipients)
        line.add("bytes", bytes)
        line.add("faults", faults)
        line.add("bare_cr", violations.bareCR)
        line.add("bare_lf", violations.bareLF)
        line.add("unstuffed_dots", violations.unstuffedDots)
        line.add("bad_commands", violations.badCommands)
        line.add("pipelined_unasked", violations.pipelinedUnasked)
        line.add("behind_starttls", violations.behindSTARTTLS)
        line.add("tls_sessions", security.tlsSessions)
        line.add("tls_resumed", security.resumedSessions)
        line.add("tls_failed", security.failedHandshakes)
        line.add("logins", security.logins)
        line.add("logins_refused", security.refusedLogins)
        line.add("plaintext_mails", security.plaintextMails)
        line.add("first_message_at_us", Int(firstMessageAt))
        line.add("last_message_at_us", Int(lastMessageAt))
        return line.text
    }
}

/// Violations of RFC 5321 by clients; all zero for a correct client.
package struct SinkViolations: Hashable, Sendable {
    /// CR without LF in content (section 2.3.8).
    package var bareCR = 0
    /// LF without CR in content (section 2.3.8).
    package var bareLF = 0
    /// Lines of content that begin with a single dot and are not the end (section 4.5.2).
    package var unstuffedDots = 0
    /// Commands that were unknown, malformed or out of order.
    package var badCommands = 0
    /// Octets that followed a command although PIPELINING was not offered (RFC 2920).
    package var pipelinedUnasked = 0

    /// Octets in clear text after STARTTLS (RFC 3207 section 4.1); the connection is then closed.
    package var behindSTARTTLS = 0

    package init() {}

    static func += (left: inout SinkViolations, right: SinkViolations) {
        left.bareCR += right.bareCR
        left.bareLF += right.bareLF
        left.unstuffedDots += right.unstuffedDots
        left.badCommands += right.badCommands
        left.pipelinedUnasked += right.pipelinedUnasked
        left.behindSTARTTLS += right.behindSTARTTLS
    }
}
