package import Mail
package import Suppression

/// Events of ingress for the operator; each becomes one log line.
package enum IngressEvent: Sendable {
    case listening(address: String)
    /// A listener was closed by a reload; its sessions go on.
    case closed(address: String)
    /// A message was accepted with a 250; it took this long from the end of the message, by a clock that nobody can set.
    case accepted(
        QueueID, client: String, sender: ReversePath, recipients: Int, size: Int, messageID: String, took: Duration)
    /// A resubmitted message got its 250 again, under its original queue ID, and was not accepted a second time.
    case resubmitted(QueueID, client: String, sender: ReversePath, messageID: String)
    /// A message or a session was refused for a reason an operator may want to know; `reply` was sent to the client.
    case refused(client: String, reply: String, reason: String)
    /// A recipient was refused because its address is suppressed.
    case suppressed(client: String, sender: ReversePath, recipient: Address, SuppressionMatch)
    /// A message or a session was refused by a limit; `reply` was sent to the client.
    case limited(LimitName, client: String, reply: String)
    /// A client logged in; `mechanism` is that of AUTH, or `certificate`.
    case loggedIn(user: String, client: String, mechanism: String)
    /// A login failed; `user` is nil if the client sent no name.
    case loginFailed(user: String?, client: String, isLockedOut: Bool)
    /// A user sends far more than usual, or to addresses that do not exist: the password may be stolen.
    ///
    /// - Parameters:
    ///   - recipients: in these ten minutes so far.
    ///   - usual: in the busiest recent ten minutes.
    case userSuspected(user: String, cause: UserHabit.Cause, GuardMode, recipients: Int, usual: Int)
    /// A user is not suspected any more: by an operator's order, or after an hour without anything unusual.
    case userTrusted(user: String)
    /// A handshake succeeded; `version` is for example `TLSv1.3`.
    case encrypted(version: String)
    /// A handshake failed, or the encryption broke.
    case encryptionFailed(client: String, reason: String)
    /// Files of a listener, or of users, were reloaded.
    case reloaded(what: String)
    /// Files could not be reloaded; the previous state stays in use.
    case reloadFailed(what: String, reason: String)
    /// A client was greeted.
    case sessionOpened
    /// An opened session ended.
    case sessionClosed
    /// A connection ended before a session began: a proxy sent nothing, or no PROXY header.
    case proxyRefused(peer: String, reason: String)
    /// A listener stopped accepting connections; new ones wait in the system's queue.
    case acceptingPaused(address: String, cause: String)
    case acceptingResumed(address: String)
    /// A socket passed by the service manager is not used.
    case socketIgnored(name: String, reason: String)
}
