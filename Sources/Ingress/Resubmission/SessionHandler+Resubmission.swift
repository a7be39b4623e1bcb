internal import Mail
internal import SMTP
internal import Spool

/// Messages that a client resubmits because it never saw the reply to the first attempt.
extension SessionHandler {
    /// What is needed to recognize the message; create it when the message begins.
    func newIdentity() -> MessageIdentity? {
        submitter?.key != nil || listener.settings.dedupWindow > .zero ? MessageIdentity() : nil
    }

    /// - Parameters:
    ///   - identity: must have digested all of the content.
    ///   - release: when its client wants it sent.
    ///   - key: the one in its header.
    func resubmission(
        _ identity: MessageIdentity?, of message: SpooledMessage, release: ReleaseRequest?,
        key: HeaderFilter.Finding, hasMessageID: Bool
    ) -> Resubmission? {
        guard let identity, let client else { return nil }
        if let key = submitter?.key { return identity.resubmission(of: message, at: loop.steady(), key: key) }
        let settings = listener.settings
        return identity.resubmission(
            of: message, at: loop.steady(), release: release, key: key, hasMessageID: hasMessageID,
            in: MessageIdentity.Scope(
                listener: "\(settings.host) \(settings.port)", user: session.user, client: client),
            window: settings.dedupWindow)
    }

    /// The spool already has the message: the client gets the reply it missed.
    func messageResubmitted(_ id: QueueID) {
        guard let repeated = pending else { return }
        if life == .open { writeReply(queueID: id.description) }
        loop.events(
            .resubmitted(id, client: clientText, sender: repeated.sender, messageID: repeated.messageID))
        goOn(accepted: true)
    }
}
