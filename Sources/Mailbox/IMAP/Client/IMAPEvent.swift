package import Mail

/// What a session with an IMAP server reports to its owner.
package enum IMAPEvent: Hashable, Sendable {
    /// The server expects the TLS handshake: insert TLS, and call ``IMAPClient/tlsEstablished(now:into:)`` once it is up.
    case startTLS
    /// Call ``IMAPClient/authenticate(_:now:into:)`` or ``IMAPClient/login(username:password:now:into:)``.
    case authenticate(LoginOffer)
    /// The authenticator answers `later`: call ``IMAPClient/respond(_:now:into:)``.
    case challenge([UInt8])
    /// The server refuses this login, or the authenticator gave up: the same with another mechanism, or close.
    case loginRefused(MailboxError)
    /// The session is open for requests.
    case ready

    case folders(FolderList)
    case opened(OpenFolder)
    /// UIDs in rising order; `isCut` if there are older ones too.
    case found([UInt32], isCut: Bool)
    /// One of the messages of a fetch.
    case message(FetchedMessage)
    /// The fetch is complete; messages that were not reported are gone.
    case fetched
    /// The messages are marked as deleted, and gone if `isExpunged`: without UIDPLUS they stay marked, since EXPUNGE would
    /// take those that others have marked with them.
    case deleted([MessageKey], isExpunged: Bool)
    /// The request is refused; the session goes on.
    case refused(MailboxError)

    /// The watch has begun; `isIdle` if the server reports by itself.
    case watching(isIdle: Bool)
    /// There are messages in the open folder that were not there at the last search, or when it was opened. Where a deletion
    /// has opened it, there may be.
    case news

    /// LOGOUT is answered: close.
    case goodbye
    /// The session is over: close.
    case failed(MailboxError)
}

/// What the owner may ask for, one at a time.
package enum IMAPRequest: Hashable, Sendable {
    /// Answered by `folders`.
    case listFolders
    /// EXAMINE: nothing in the folder can change. Answered by `opened`.
    case open(Folder)
    /// Looks in the open folder; answered by `found`.
    case search(MessageSearch)
    /// Reads headers in the open folder without marking them as seen: whole, or only these fields. Answered by `message`
    /// for each, and by `fetched`.
    case fetch([UInt32], fields: [String]?)
    /// Deletes messages of one folder, which is opened for writing. Answered by `deleted`.
    case delete([MessageKey])
}

/// A search for messages that are not marked as deleted; what is nil does not matter.
package struct MessageSearch: Hashable, Sendable {
    /// The name of a header field.
    package var field: String?
    /// A part of the field's body, in any case; empty for any body. Some servers find whole words only.
    package var value: String
    /// Finds what arrived from this day on. The server's day may differ from that of UTC, so the day before is included.
    package var since: Timestamp?
    /// Finds higher UIDs than this. Servers read the header of each message that the rest of the search leaves.
    package var above: UInt32

    package init(field: String? = nil, value: String = "", since: Timestamp? = nil, above: UInt32 = 0) {
        self.field = field
        self.value = value
        self.since = since
        self.above = above
    }
}

/// A folder that is open (RFC 9051 section 6.3.2).
package struct OpenFolder: Hashable, Sendable {
    package let folder: Folder
    /// UIDVALIDITY; 0 if the server has none, and then nothing can be deleted.
    package internal(set) var validity: UInt32 = 0
    /// UIDNEXT: messages to come have this UID or a higher one; nil if the server does not say.
    package internal(set) var nextUID: UInt32?
    /// Messages in it.
    package internal(set) var messages: UInt32 = 0
    package internal(set) var isReadOnly: Bool
}
