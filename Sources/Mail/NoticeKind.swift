/// What a notice tells the sender of a message (RFC 3461 section 4.1).
public enum NoticeKind: String, Hashable, Sendable, CaseIterable {
    case failure, delay, success
}
