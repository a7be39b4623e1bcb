/// Limits of one server session.
package struct ServerLimits: Hashable, Sendable {
    /// Maximum octets of content, before dot stuffing.
    package var maxMessageSize: Int
    /// Maximum distinct recipients per message.
    package var maxRecipients: Int
    /// Rejected commands after which the session ends.
    package var maxErrors: Int
    /// Transactions per session (MAILMAX of RFC 9422 section 4.1); nil is no limit.
    package var maxTransactions: Int?
    /// Failed AUTH exchanges after which the session ends.
    package var maxAuthenticationFailures = 3
    /// Commands since the last message that submit none, after which the session ends.
    package var maxCommands: Int
    /// Maximum octets of a command line with its CRLF. RFC 5321 section 4.5.3.1.4 requires 512, and more for
    /// parameters.
    package var maxLineLength = 2048
    /// Whether addresses must conform to the grammar (RFC 5321 section 4.1.2); otherwise common deviations are
    /// accepted.
    package var strictAddresses = false
    /// Maximum octets of a line within an AUTH exchange, with its CRLF (RFC 4954 section 4).
    package static let maxExchangeLineLength = 12_288

    package init(maxMessageSize: Int, maxRecipients: Int, maxErrors: Int, maxCommands: Int = 1000) {
        self.maxMessageSize = maxMessageSize
        self.maxRecipients = maxRecipients
        self.maxErrors = maxErrors
        self.maxCommands = maxCommands
    }

    /// Maximum octets of a refused chunk that are read and dropped (RFC 3030 section 2); a larger one ends the session.
    var maxDroppedChunk: Int { max(maxMessageSize.multipliedReportingOverflow(by: 2).partialValue, 64 << 20) }

    /// The EHLO line about limits (RFC 9422 section 3).
    var announcement: String {
        "LIMITS RCPTMAX=\(maxRecipients)" + (maxTransactions.map { " MAILMAX=\($0)" } ?? "")
    }
}
