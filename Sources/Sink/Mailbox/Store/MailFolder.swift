internal import Mail

/// A folder of a mailbox.
struct MailFolder: Sendable {
    enum Kind: String, Sendable, CaseIterable {
        case inbox = "INBOX"
        case junk = "Junk"

        /// Its special use (RFC 6154 section 2).
        var use: String? {
            switch self {
            case .inbox: nil
            case .junk: "\\Junk"
            }
        }

        /// INBOX is written in any case of letters (RFC 9051 section 5.1).
        init?(name: String) {
            if name.uppercased() == Self.inbox.rawValue { self = .inbox } else { self.init(rawValue: name) }
        }
    }

    private(set) var nextUID: UInt32 = 1
    /// In ascending order of their UIDs.
    private(set) var mails: [StoredMail] = []
    /// Grows with each message that comes or goes.
    private(set) var version = 0

    /// - Returns: its UID.
    mutating func add(_ content: [UInt8], at date: Timestamp) -> UInt32 {
        let uid = nextUID
        nextUID += 1
        version += 1
        mails.append(StoredMail(uid: uid, date: date, content: content))
        return uid
    }

    /// - Returns: octets that are free now.
    mutating func remove(_ uids: Set<UInt32>) -> Int {
        guard !uids.isEmpty else { return 0 }
        let before = octets
        mails.removeAll { uids.contains($0.uid) }
        version += 1
        return before - octets
    }

    mutating func setFlags(_ flags: Set<MailFlag>, of uid: UInt32) {
        if let index = index(of: uid) { mails[index].flags = flags }
    }

    /// Nil if it is gone.
    func mail(_ uid: UInt32) -> StoredMail? { index(of: uid).map { mails[$0] } }

    private var octets: Int { mails.reduce(0) { $0 + $1.content.count } }

    private func index(of uid: UInt32) -> Int? {
        var (low, high) = (0, mails.count)
        while low < high {
            let middle = (low + high) / 2
            if mails[middle].uid < uid { low = middle + 1 } else { high = middle }
        }
        return low < mails.count && mails[low].uid == uid ? low : nil
    }
}
