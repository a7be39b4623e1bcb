/// What one server session allows.
package struct ServerLimits: Hashable, Sendable {
    /// Octets of content, without dot stuffing.
    package var maxMessageSize: Int
    /// Distinct recipients of one message.
    package var maxRecipients: Int
    /// Commands in error, after which the session ends.
    package var maxErrors: Int
    /// Commands since the last message that hand in none, after which the session ends.
    package var maxCommands: Int
    /// Octets of a command line with its CRLF. RFC 5321 section 4.5.3.1.4 asks for 512, and more for parameters.
    package var maxLineLength = 2048

    package init(maxMessageSize: Int, maxRecipients: Int, maxErrors: Int, maxCommands: Int = 1000) {
        self.maxMessageSize = maxMessageSize
        self.maxRecipients = maxRecipients
        self.maxErrors = maxErrors
        self.maxCommands = maxCommands
    }
}
