internal import Mail

/// The mailboxes of a sink, one for each recipient, in memory. Bounded: the oldest messages of all make room for new ones.
struct MailStore: Sendable {
    /// Octets of content in all mailboxes together.
    static let defaultLimit = 64 << 20

    private struct Entry {
        let address: String
        let folder: MailFolder.Kind
        let uid: UInt32
    }

    /// UIDVALIDITY of all folders: another one for each start, because UIDs begin anew.
    let validity: UInt32
    private let limit: Int
    private var boxes: [String: [MailFolder.Kind: MailFolder]] = [:]
    /// Oldest first; may name messages that are gone.
    private var entries: [Entry] = []
    private(set) var octets = 0
    private var count = 0

    init(validity: UInt32, limit: Int = MailStore.defaultLimit) {
        self.validity = validity
        self.limit = limit
    }

    /// Files a message: as junk if a field `X-Spam-Flag` says so, else into the inbox.
    mutating func deliver(_ content: [UInt8], to address: String, at date: Timestamp) {
        let isJunk = SinkMessage.field("x-spam-flag:", of: content)?.uppercased() == "YES"
        let (name, kind) = (Self.key(address), isJunk ? MailFolder.Kind.junk : .inbox)
        let uid = boxes[name, default: [:]][kind, default: MailFolder()].add(content, at: date)
        entries.append(Entry(address: name, folder: kind, uid: uid))
        octets += content.count
        count += 1
        if octets > limit { makeRoom() }
        if entries.count > 2 * count + 1000 { forgetTheGone() }
    }

    /// A folder of a mailbox, which is empty for an address that has had no mail.
    subscript(address: String, kind: MailFolder.Kind) -> MailFolder {
        boxes[Self.key(address)]?[kind] ?? MailFolder()
    }

    mutating func setFlags(_ flags: Set<MailFlag>, of uid: UInt32, in kind: MailFolder.Kind, of address: String) {
        boxes[Self.key(address)]?[kind]?.setFlags(flags, of: uid)
    }

    mutating func remove(_ uids: Set<UInt32>, from kind: MailFolder.Kind, of address: String) {
        let name = Self.key(address)
        guard let before = boxes[name]?[kind]?.mails.count else { return }
        octets -= boxes[name]?[kind]?.remove(uids) ?? 0
        count -= before - (boxes[name]?[kind]?.mails.count ?? 0)
    }

    /// Some at once, because each removal moves what is behind.
    private mutating func makeRoom() {
        var (freed, index) = (0, 0)
        var gone: [String: [MailFolder.Kind: Set<UInt32>]] = [:]
        while octets - freed > limit / 8 * 7, index < entries.count {
            let entry = entries[index]
            freed += self[entry.address, entry.folder].mail(entry.uid)?.content.count ?? 0
            gone[entry.address, default: [:]][entry.folder, default: []].insert(entry.uid)
            index += 1
        }
        entries.removeFirst(index)
        for (address, folders) in gone {
            for (folder, uids) in folders { remove(uids, from: folder, of: address) }
        }
    }

    private mutating func forgetTheGone() {
        entries = entries.filter { self[$0.address, $0.folder].mail($0.uid) != nil }
    }

    private static func key(_ address: String) -> String { address.lowercased() }
}
