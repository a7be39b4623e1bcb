internal import Mailbox

/// What is known of a mailbox from one session to the next, so that nothing is read twice. Bounded.
struct MailboxMemory: Sendable {
    /// By names on the wire; IMAP only.
    var folders: [[UInt8]: FolderMemory] = [:]
    var probes = RecentProbes()
    /// POP3 only; nil before the first look.
    var seen: SeenMessages?
}

/// How far a folder has been looked through.
struct FolderMemory: Hashable, Sendable {
    /// Messages that could not be deleted, and are tried again.
    static let owedLimit = 200
    /// How often that is tried.
    static let attempts = 3

    let validity: UInt32
    /// No message with this UID or a lower one needs to be looked at again.
    var highest: UInt32
    var owed: [MessageKey] = []
    var failures = 0
}

/// The relay's probes that were found last, by what is the same in each folder that shows the same message.
struct RecentProbes: Sendable {
    private static let limit = 512

    private var marks: Set<Int> = []
    private var order: [Int] = []

    func contains(_ mark: Int) -> Bool { marks.contains(mark) }

    mutating func add(_ mark: Int) {
        guard marks.insert(mark).inserted else { return }
        order.append(mark)
        if order.count > Self.limit { marks.remove(order.removeFirst()) }
    }
}

/// The unique IDs of POP3 that were there at the last look, as hashes: two that are equal would hide one message, which
/// does not happen in 64 bits with a key that the server does not know.
struct SeenMessages: Sendable {
    /// Messages that are remembered, the newest.
    static let limit = 200_000

    private var hashes: Set<Int> = []

    static func hash(_ uniqueID: [UInt8]) -> Int { uniqueID.hashValue }

    func contains(_ hash: Int) -> Bool { hashes.contains(hash) }
    var count: Int { hashes.count }

    mutating func add(_ hash: Int) { hashes.insert(hash) }
    mutating func remove(_ hash: Int) { hashes.remove(hash) }

    mutating func replace(_ present: some Collection<Int>) { hashes = Set(present) }
}
