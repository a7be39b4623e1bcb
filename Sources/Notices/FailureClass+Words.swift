internal import Mail

extension FailureClass {
    /// What happened, for people.
    var explanation: String {
        switch self {
        case .invalidRecipient: "There is no such mailbox or domain."
        case .mailboxFull: "The mailbox is full."
        case .policy: "The receiving server's policy does not allow this mail."
        case .content: "The receiving server does not accept the content of the message."
        case .spam: "The receiving server considers the message spam."
        case .tooLarge: "The message is too large."
        case .authentication: "The sender, or the relay on its behalf, could not be authenticated."
        case .relayDenied: "The server does not relay mail from this sender to this recipient."
        case .throttled: "The receiving server limits how much mail it accepts."
        case .transport: "No server that accepts this mail could be reached."
        case .expired: "The message could not be delivered in time."
        case .suppressed: "This relay does not send mail to this address."
        case .other: "The message was refused."
        }
    }

    /// What the sender can do about it.
    var advice: String {
        switch self {
        case .invalidRecipient: "Check the address for typing errors. If it is right, ask the recipient for another."
        case .mailboxFull: "Send the message again in a few days, or reach the recipient another way."
        case .policy: "Ask your postmaster, or the recipient's, what the policy does not allow."
        case .content: "Change the message, for example by leaving out attachments or links, and send it again."
        case .spam: "Do not send it again unchanged. Tell your postmaster if this is a mistake."
        case .tooLarge: "Send a smaller message, or a link instead of an attachment."
        case .authentication: "The address may well be right. Tell your postmaster."
        case .relayDenied: "Check the address for typing errors. If it is right, tell your postmaster."
        case .throttled: "Send the message again later."
        case .transport: "The address may well be right. Send the message again later, and tell your postmaster."
        case .expired:
            "The address may well be right. Send the message again later, or reach the recipient another way."
        case .suppressed: "Earlier mail failed or was unwanted there. If that has changed, tell your postmaster."
        case .other: "The words above may say more. If they do not help, ask your postmaster."
        }
    }
}
