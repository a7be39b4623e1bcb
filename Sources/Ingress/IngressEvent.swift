package import Mail

/// What ingress tells the operator; one line of the event log each.
package enum IngressEvent: Sendable {
    case listening(address: String)
    /// A message got its 250.
    case accepted(QueueID, client: String, sender: ReversePath, recipients: Int, size: Int, messageID: String)
    /// A message got its 250 as one that had been accepted before, under this queue ID, and was not taken again.
    case resubmitted(QueueID, client: String, sender: ReversePath, messageID: String)
    /// A message or a session was refused for a reason an operator may want to know; `reply` is what the client saw.
    case refused(client: String, reply: String, reason: String)
    /// A message or a session was refused by a limit; `reply` is what the client saw.
    case limited(LimitName, client: String, reply: String)
    /// A client has logged in; `mechanism` is that of AUTH, or `certificate`.
    case loggedIn(user: String, client: String, mechanism: String)
    /// A login failed; `user` is nil where the client did not get as far as a name.
    case loginFailed(user: String?, client: String, isLockedOut: Bool)
    /// A handshake succeeded; `version` such as `TLSv1.3`.
    case encrypted(version: String)
    /// A handshake failed, or the encryption broke.
    case encryptionFailed(client: String, reason: String)
    /// Files of a listener, or of users, were read again.
    case reloaded(what: String)
    /// Files could not be read again; what was there goes on.
    case reloadFailed(what: String, reason: String)
    /// A client was greeted.
    case sessionOpened
    /// A session that was opened has ended.
    case sessionClosed
    /// A connection ended before it was a session: nothing, or no header of the PROXY protocol, came from a proxy.
    case proxyRefused(peer: String, reason: String)
    /// A listener has stopped taking connections; those that come wait in the system's queue.
    case acceptingPaused(address: String, cause: String)
    case acceptingResumed(address: String)
    /// A socket that the service manager handed over is not used.
    case socketIgnored(name: String, reason: String)
}
