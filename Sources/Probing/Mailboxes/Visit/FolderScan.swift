internal import Mail
internal import Mailbox
internal import RoundTrips

/// Looks for probes in one open folder: which requests to make, one after another.
///
/// Above the highest UID that was looked at, it reads the headers of all messages, since searches for a field fail at some
/// providers. In a folder that is not known yet it reads those of the newest ones, and searches the rest for the field.
struct FolderScan: Sendable {
    /// Messages of an unknown folder whose headers are read.
    static let newest: UInt32 = 500
    static let fields = ["Received", "Authentication-Results", "Message-ID", ProbeToken.fieldName]

    private enum Step: Hashable {
        /// What is above the highest UID.
        case new
        /// What has the field of a probe.
        case marked
        case fetch
        case delete
    }

    private let open: OpenFolder
    private let isKnown: Bool
    private let since: Timestamp
    private let floor: UInt32
    private var steps: [Step]
    private var current: Step?
    private var uids: Set<UInt32> = []
    private(set) var memory: FolderMemory
    /// Whether there is something to delete that was not tried a moment ago.
    private var deletes: Bool

    /// - Parameters:
    ///   - memory: of the folder; nil before its first scan.
    ///   - since: how old probes are looked for in an unknown folder, by the system's clock.
    ///   - isFresh: whether the folder was opened just now.
    ///   - retries: whether to delete what could not be deleted before.
    init(_ open: OpenFolder, _ memory: FolderMemory?, since: Timestamp, isFresh: Bool, retries: Bool) {
        let known = memory.flatMap { $0.validity == open.validity ? $0 : nil }
        self.open = open
        self.since = since
        deletes = retries
        isKnown = known != nil
        self.memory = known ?? FolderMemory(validity: open.validity, highest: 0)
        floor = known?.highest ?? (open.nextUID ?? 0).saturatingSubtraction(Self.newest + 1)
        // A UIDNEXT of before is the present one only behind EXAMINE.
        let isUnchanged = isFresh && (open.messages == 0 || known != nil && open.nextUID == self.memory.highest &+ 1)
        let search: [Step] = isUnchanged ? [] : [.new] + (known == nil ? [.marked] : [])
        steps = search + [.fetch, .delete]
    }

    var folder: Folder { open.folder }
    var validity: UInt32 { open.validity }

    /// The next request; nil once there is nothing left.
    mutating func next() -> IMAPRequest? {
        while !steps.isEmpty {
            let step = steps.removeFirst()
            current = step
            switch step {
            case .new: return .search(MessageSearch(above: floor))
            case .marked:
                return .search(
                    MessageSearch(
                        field: ProbeToken.fieldName, since: isKnown ? nil : since, above: isKnown ? floor : 0))
            case .fetch: if !uids.isEmpty { return .fetch(Array(uids), fields: Self.fields) }
            case .delete: if deletes, !memory.owed.isEmpty { return .delete(memory.owed) }
            }
        }
        current = nil
        return nil
    }

    /// A search has ended.
    mutating func found(_ found: [UInt32], isCut: Bool) {
        guard current == .new else {
            // Of those that the other search has shown already, nothing is new.
            uids.formUnion(found.suffix(Int(Self.newest)))
            return
        }
        uids = Set(isKnown ? found[...] : found.suffix(Int(Self.newest)))
        memory.highest = max(memory.highest, found.last ?? 0)
        if isCut, isKnown { steps.insert(.marked, at: 0) }
    }

    /// A message of the folder is a probe of this relay.
    mutating func add(_ key: MessageKey) {
        deletes = true
        if memory.owed.count < FolderMemory.owedLimit, !memory.owed.contains(key) { memory.owed.append(key) }
    }

    /// The messages are deleted.
    mutating func deleted() {
        memory.owed = []
        memory.failures = 0
    }

    /// The server refuses the request.
    ///
    /// - Returns: whether the scan is worth something without it.
    mutating func refused() -> Bool {
        switch current {
        case .marked: return true
        case .delete:
            memory.failures += 1
            if memory.failures == FolderMemory.attempts { deleted() }
            return true
        case .new, .fetch, nil: return false
        }
    }

    /// Whether the refused request was that to delete.
    var isDeleting: Bool { current == .delete }
}

extension UInt32 {
    fileprivate func saturatingSubtraction(_ other: UInt32) -> UInt32 { self > other ? self - other : 0 }
}
