internal import Mail

/// What ingress keeps of a message between its submission and the spool's answer.
struct PendingMessage {
    let id: QueueID
    let idText: String
    let sender: ReversePath
    let recipients: Int
    let size: Int
    let messageID: String
}
