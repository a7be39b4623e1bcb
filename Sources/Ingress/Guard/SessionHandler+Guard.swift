internal import Mail
internal import NIOCore
internal import SMTP
internal import Spool

/// Where a session meets the guard against hijacked users.
extension SessionHandler {
    /// MAIL: a suspected user is slowed down.
    ///
    /// - Returns: the refusal; nil if there is none.
    func refusalByGuard() -> String? {
        guard let wait = loop.guardian.refusal(of: session.user) else { return nil }
        let reply =
            "450 4.7.1 Too many messages of this user, who usually sends fewer (guard), try again in "
            + "\(max(1, Int((wait / .seconds(1)).rounded(.up)))) s"
        report(reply, "guard")
        return reply
    }

    /// The end of the content: a suspected user's message may have to wait for an operator.
    func guardMessage(_ message: inout SpooledMessage) {
        guard loop.guardian.took(message.recipients.count, of: session.user) else { return }
        for index in message.recipients.indices {
            message.recipients[index].markHeldByGuard()
        }
    }
}
