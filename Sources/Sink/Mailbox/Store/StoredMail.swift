internal import Mail

/// A message in a mailbox.
struct StoredMail: Sendable {
    let uid: UInt32
    /// When it was delivered.
    let date: Timestamp
    let content: [UInt8]
    var flags: Set<MailFlag> = []
}

/// The flags that a mailbox keeps (RFC 9051 section 2.3.2).
enum MailFlag: String, Sendable, CaseIterable {
    case answered = "\\Answered"
    case flagged = "\\Flagged"
    case deleted = "\\Deleted"
    case seen = "\\Seen"
    case draft = "\\Draft"

    static let list = allCases.map(\.rawValue).joined(separator: " ")

    /// Nil for one that is not kept.
    ///
    /// - Parameter text: in any case of letters.
    init?(text: String) {
        guard let flag = Self.allCases.first(where: { $0.rawValue.lowercased() == text.lowercased() }) else {
            return nil
        }
        self = flag
    }
}
