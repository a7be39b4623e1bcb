package import Mail

/// What ingress tells the operator; one line of the event log each.
package enum IngressEvent: Sendable {
    case listening(address: String)
    /// A message got its 250.
    case accepted(QueueID, client: String, sender: ReversePath, recipients: Int, size: Int, messageID: String)
    /// A message or a session was refused for a reason an operator may want to know; `reply` is what the client saw.
    case refused(client: String, reply: String, reason: String)
    /// A message or a session was refused by a limit; `reply` is what the client saw.
    case limited(LimitName, client: String, reply: String)
    /// A client was greeted.
    case sessionOpened
    /// A session that was opened has ended.
    case sessionClosed
    /// A connection ended before it was a session: nothing, or no header of the PROXY protocol, came from a proxy.
    case proxyRefused(peer: String, reason: String)
    /// A listener takes no connections for now; those that come wait in the system's queue.
    case acceptingPaused(address: String, cause: String)
    case acceptingResumed(address: String)
    /// A socket that the service manager handed over is not used.
    case socketIgnored(name: String, reason: String)
}
