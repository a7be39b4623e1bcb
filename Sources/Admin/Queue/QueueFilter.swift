package import Mail

/// The messages that a `queue …` command is about. A message matches if it meets the conditions on messages, and one of
/// its recipients meets all those on recipients.
package struct QueueFilter: Hashable, Sendable {
    /// A recipient is in this state, one of ``MessageDocument/states``.
    package var state: String?
    /// Part of the sender's address, ignoring case; `<>` is the null sender.
    package var sender: String?
    /// Part of a recipient's address, likewise.
    package var recipient: String?
    /// The domain of a recipient. Like the next four, `*` in it stands for any text, and the case of ASCII letters is
    /// ignored.
    package var domain: String?
    /// The upstream of a recipient's current or last attempt.
    package var upstream: String?
    /// The route of a recipient.
    package var route: String?
    /// The stream of a recipient.
    package var stream: String?
    /// Who handed the message in.
    package var user: String?
    /// The class of a recipient's failure.
    package var failureClass: FailureClass?
    /// Minimum age of the message.
    package var olderThan: Duration?
    /// Maximum age of the message.
    package var newerThan: Duration?
    /// Found in a recipient's last reply or error; see ``ReplyPattern``.
    package var lastReply: String?
    /// Maximum number of messages.
    package var limit: Int?
    /// Only messages with a greater queue ID.
    package var after: QueueID?
    /// Only these messages.
    package var ids: Set<QueueID>?

    package init() {}

    /// Whether every message matches, regardless of start and limit.
    package var matchesAll: Bool {
        var conditions = self
        (conditions.limit, conditions.after) = (nil, nil)
        return conditions == QueueFilter()
    }
}
