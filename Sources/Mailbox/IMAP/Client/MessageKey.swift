package import Mail

/// One message for good (RFC 9051 section 2.3.1.1): while the folder has this UIDVALIDITY, no other gets its UID.
///
/// Only a message whose header was read gets one, so that nothing else can be deleted.
package struct MessageKey: Hashable, Sendable {
    /// The folder's name on the wire.
    package let folder: [UInt8]
    package let validity: UInt32
    package let uid: UInt32

    init(folder: [UInt8], validity: UInt32, uid: UInt32) {
        self.folder = folder
        self.validity = validity
        self.uid = uid
    }
}

/// The header of one message.
package struct FetchedMessage: Hashable, Sendable {
    package let key: MessageKey
    /// When the server got the message; nil if it does not say, or not in a date.
    package let internalDate: Timestamp?
    /// The header with its line ends, or the chosen fields of it; empty if there are none.
    package let header: [UInt8]
    /// Whether the header may go on beyond what was read.
    package let isCut: Bool
}
