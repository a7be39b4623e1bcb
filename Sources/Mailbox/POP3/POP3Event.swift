/// What a session with a POP3 server reports to its owner. It shows the mailbox as it was at the login: new messages need
/// a new session.
package enum POP3Event: Hashable, Sendable {
    /// The server expects the TLS handshake: insert TLS, and call ``POP3Client/tlsEstablished(now:into:)`` once it is up.
    case startTLS
    /// Call ``POP3Client/authenticate(_:now:into:)`` or ``POP3Client/login(username:password:now:into:)``.
    case authenticate(LoginOffer)
    /// The authenticator answers `later`: call ``POP3Client/respond(_:_:now:into:)``.
    case challenge([UInt8])
    /// The server refuses this login, or the authenticator gave up: the same with another mechanism, or close.
    case loginRefused(MailboxError)
    /// The session is open for requests.
    case ready

    case counted(messages: Int, octets: Int)
    /// One message of a list.
    case entry(POP3Entry)
    /// The size of one message, in octets.
    case size(number: Int, octets: Int)
    /// The list is complete.
    case listed
    case message(POP3Message)
    /// The messages are marked, and deleted with ``goodbye(isCommitted:)`` only.
    case marked([POP3Key])
    /// The request is refused; the session goes on.
    case refused(MailboxError)

    /// QUIT is answered: close. What was marked is deleted if `isCommitted`; otherwise some of it may not be.
    case goodbye(isCommitted: Bool)
    /// The session is over: close. Nothing that was marked is deleted.
    case failed(MailboxError)
}

/// What the owner may ask for, one at a time.
package enum POP3Request: Hashable, Sendable {
    /// STAT; answered by `counted`.
    case count
    /// UIDL of all messages, or of the newest ones; answered by `entry` for each, and by `listed`.
    case uniqueIDs(newest: Int?)
    /// LIST; answered by `size` for each, and by `listed`.
    case sizes
    /// TOP without lines of the body; answered by `message`.
    case header(POP3Entry)
    /// DELE; answered by `marked`. Only messages whose header this session has read.
    case delete([POP3Key])
}

/// A message in a list (RFC 1939 section 7, UIDL).
package struct POP3Entry: Hashable, Sendable {
    /// Octets of a unique ID; the RFC has 70.
    static let longestID = 128

    /// The message's number in this session, from 1.
    package let number: Int
    /// What names the message in every session.
    package let uniqueID: [UInt8]

    /// Reads `2 QhdPYR:00WBw1Ph7x7`; nil for anything else.
    init?(_ words: [ArraySlice<UInt8>]) {
        guard words.count >= 2, let number = Int(decimal: words[0]), number > 0, words[1].count <= Self.longestID else {
            return nil
        }
        self.number = number
        uniqueID = Array(words[1])
    }
}

/// A message whose header was read in this session; nothing else can be deleted.
package struct POP3Key: Hashable, Sendable {
    package let entry: POP3Entry

    init(_ entry: POP3Entry) {
        self.entry = entry
    }
}

/// The header of one message.
package struct POP3Message: Hashable, Sendable {
    package let key: POP3Key
    /// The header, with CRLF behind each line.
    package let header: [UInt8]
    /// Whether the header goes on beyond what was kept.
    package let isCut: Bool
}

extension Int {
    /// A number of up to 18 digits; nil for anything else.
    init?(decimal digits: ArraySlice<UInt8>) {
        guard (1...18).contains(digits.count), digits.allSatisfy(\.isDigit) else { return nil }
        self = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }
}
