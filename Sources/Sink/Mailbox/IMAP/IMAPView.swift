/// An open folder as a session knows it: a message keeps its sequence number until the session is told of the change (RFC
/// 9051 section 7.5.1).
struct IMAPView {
    let folder: MailFolder.Kind
    let isReadOnly: Bool
    /// By sequence number, from 1.
    private(set) var uids: [UInt32]
    private var version: Int

    init(_ kind: MailFolder.Kind, _ folder: MailFolder, isReadOnly: Bool) {
        self.folder = kind
        self.isReadOnly = isReadOnly
        uids = folder.mails.map(\.uid)
        version = folder.version
    }

    /// The messages in a set, with their sequence numbers.
    ///
    /// - Parameter byUID: whether the set is one of UIDs.
    func messages(in set: IMAPSet, byUID: Bool) -> [(number: Int, uid: UInt32)] {
        let last = byUID ? uids.last ?? 0 : UInt32(uids.count)
        return uids.enumerated().lazy.filter { set.contains(byUID ? $1 : UInt32($0 + 1), last: last) }.map {
            ($0 + 1, $1)
        }
    }

    /// What has changed since, as untagged responses.
    mutating func news(of folder: MailFolder) -> String {
        guard folder.version != version else { return "" }
        version = folder.version
        let present = Set(folder.mails.map(\.uid))
        let gone = uids.indices.filter { !present.contains(uids[$0]) }
        let last = uids.last ?? 0
        var text = gone.reversed().map { "* \($0 + 1) EXPUNGE\r\n" }.joined()
        uids.removeAll { !present.contains($0) }
        let added = folder.mails.map(\.uid).filter { $0 > last }
        if !added.isEmpty {
            uids += added
            text += "* \(uids.count) EXISTS\r\n"
        }
        return text
    }
}
