internal import Mail
internal import SMTP
internal import Spool

/// Messages that a client hands in again, since it never saw the reply to the first time.
extension SessionHandler {
    /// What is needed to know the message again; to be made when it begins.
    func newIdentity() -> MessageIdentity? {
        listener.settings.dedupWindow > .zero ? MessageIdentity() : nil
    }

    /// - Parameters:
    ///   - identity: has seen all of the content.
    ///   - key: that which its header had.
    func resubmission(
        _ identity: MessageIdentity?, of message: SpooledMessage, key: HeaderFilter.Finding, hasMessageID: Bool
    ) -> Resubmission? {
        guard let identity, let client else { return nil }
        let settings = listener.settings
        return identity.resubmission(
            of: message, key: key, hasMessageID: hasMessageID,
            in: MessageIdentity.Scope(
                listener: "\(settings.host) \(settings.port)", user: session.user, client: client),
            window: settings.dedupWindow)
    }

    /// The spool has the message from before: the client gets the reply it has missed.
    func messageResubmitted(_ id: QueueID) {
        guard let repeated = pending else { return }
        if life == .open { writeReply(queueID: id.description) }
        loop.events(
            .resubmitted(id, client: clientText, sender: repeated.sender, messageID: repeated.messageID))
        goOn(accepted: true)
    }
}
