/// What a server may make a session hold, and how long it may take.
package struct MailboxLimits: Hashable, Sendable {
    /// Octets of one line. The UIDs of 100,000 messages fit (RFC 9051 section 7.3.4).
    package var line = 1 << 20
    /// Octets of one literal (RFC 9051 section 4.3).
    package var literal = 512 << 10
    /// Octets of one response with its literals.
    package var response = 2 << 20
    /// Octets of one multi-line answer of POP3, which are read and not kept.
    package var multiline = 64 << 20
    /// Octets kept of one message's header; the rest is not read.
    package var header = 256 << 10
    /// Depth of parentheses in a response.
    package var nesting = 16
    /// Folders kept of a list, besides those with a special use.
    package var folders = 2_000
    /// Messages kept of a search, the newest.
    package var found = 10_000
    /// Capabilities kept.
    package var capabilities = 256
    /// Challenges of one login; LOGIN and SCRAM have two.
    package var challenges = 8
    /// How long the server may be silent while it owes an answer.
    package var patience = Duration.seconds(60)
    /// How long one command may take, whatever the server says meanwhile.
    package var command = Duration.seconds(120)

    package init() {}
}
