package import Mail

/// What ingress tells the operator; one line of the event log each.
package enum IngressEvent: Sendable {
    case listening(address: String)
    /// A message got its 250.
    case accepted(QueueID, client: String, sender: ReversePath, recipients: Int, size: Int, messageID: String)
    /// A message or a session was refused for a reason an operator may want to know; `reply` is what the client saw.
    case refused(client: String, reply: String, reason: String)
}
