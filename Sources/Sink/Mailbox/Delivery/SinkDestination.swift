/// Where a sink delivers what it has taken.
package enum SinkDestination: Hashable, Sendable {
    /// Into mailboxes of its own, one for each recipient, read by IMAP at this address. Port 0 for a free one. Without a
    /// password file any password is right.
    case mailboxes(host: String, port: Int, passwordFile: String?)
    /// To another sink, which has mailboxes, by SMTP.
    case relay(host: String, port: Int)
}
