/// What one server session allows.
package struct ServerLimits: Hashable, Sendable {
    /// Octets of content, without dot stuffing.
    package var maxMessageSize: Int
    /// Distinct recipients of one message.
    package var maxRecipients: Int
    /// Commands in error, after which the session ends.
    package var maxErrors: Int
    /// Transactions of one session (MAILMAX of RFC 9422 section 4.1); nil is no limit.
    package var maxTransactions: Int?
    /// Failed AUTH exchanges, with which the session ends.
    package var maxAuthenticationFailures = 3
    /// Commands since the last message that hand in none, after which the session ends.
    package var maxCommands: Int
    /// Octets of a command line with its CRLF. RFC 5321 section 4.5.3.1.4 asks for 512, and more for parameters.
    package var maxLineLength = 2048
    /// Whether addresses have to be what the grammar says (RFC 5321 section 4.1.2); else what the world uses is taken too.
    package var strictAddresses = false
    /// Octets of a line within an AUTH exchange, with its CRLF (RFC 4954 section 4).
    package static let maxExchangeLineLength = 12_288

    package init(maxMessageSize: Int, maxRecipients: Int, maxErrors: Int, maxCommands: Int = 1000) {
        self.maxMessageSize = maxMessageSize
        self.maxRecipients = maxRecipients
        self.maxErrors = maxErrors
        self.maxCommands = maxCommands
    }

    /// Octets of a chunk that is refused which are read and dropped (RFC 3030 section 2); a larger one ends the session.
    var maxDroppedChunk: Int { max(maxMessageSize.multipliedReportingOverflow(by: 2).partialValue, 64 << 20) }

    /// The line of EHLO about limits (RFC 9422 section 3).
    var announcement: String {
        "LIMITS RCPTMAX=\(maxRecipients)" + (maxTransactions.map { " MAILMAX=\($0)" } ?? "")
    }
}
