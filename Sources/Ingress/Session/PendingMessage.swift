internal import Mail
internal import NIOCore

/// What ingress keeps of a message between its submission and the spool's answer.
struct PendingMessage {
    let id: QueueID
    let idText: String
    let sender: ReversePath
    let recipients: Int
    let size: Int
    let messageID: String
    /// When the end of its data came.
    let endedAt: NIODeadline
}
