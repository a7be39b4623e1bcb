/// What a message tells that the relay itself has written.
public enum NoticeKind: String, Hashable, Sendable, CaseIterable {
    /// About a message, to its sender (RFC 3461 section 4.1).
    case failure, delay, success
    /// About the relay, to whom relay.conf names.
    case alert
    /// To a mailbox of the relay's own, where it looks for it (``ProbeMark``): nobody is told anything about it.
    case probe

    /// Those about a message.
    public static let aboutMail: [NoticeKind] = [.failure, .delay, .success]
}
