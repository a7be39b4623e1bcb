internal import Mail
internal import SMTP

/// As whom a session may send.
extension SessionHandler {
    /// nil if it may send as anybody.
    private var senderCheck: SenderCheck? {
        SenderCheck(listener: listener.settings.senders, user: userSenders)
    }

    /// MAIL: whether `From` is to be collected, and why the sender is refused.
    func refusalBySenders() -> SenderCheck.Refusal? {
        guard let check = senderCheck, let refusal = check.refusal(of: session.envelope.sender) else { return nil }
        report(refusal.reply, "sender not allowed\(session.user.map { ", user \($0)" } ?? "")")
        return refusal
    }

    var checksFrom: Bool { listener.settings.senders != nil || userSenders != nil }

    /// The end of the content.
    func refusalOfFrom() -> SenderCheck.Refusal? {
        guard let fields = message.from else { return nil }
        return senderCheck?.refusal(of: fields)
    }

    /// Refuses the message with words of its own.
    func refuse(_ refusal: SenderCheck.Refusal) {
        forgetMessage()
        write(text: refusal.reply)
        report(refusal.reply, "From not allowed\(session.user.map { ", user \($0)" } ?? "")")
        session.finish(accepted: false)
    }
}
