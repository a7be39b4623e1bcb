/// The open folder as the server has described it so far, and what of it the owner has seen.
struct FolderView: Sendable {
    private(set) var open: OpenFolder?
    /// The folder that is being opened; the server describes it before it says that it is open.
    private var opening: OpenFolder?
    /// Messages that were there at the last search, or when the folder was opened.
    private var seen: UInt32 = 0
    /// Whether no command has run since the folder was opened, so that the server's view of it is as new as can be.
    private(set) var isFresh = false

    /// Whether there are messages that the owner has not looked for.
    var hasNews: Bool { (open?.messages ?? 0) > seen }

    /// RFC 9051 section 6.3.2: the folder that was open is closed, even if this one cannot be opened. Nothing is expunged.
    mutating func begin(_ folder: Folder, isReadOnly: Bool) {
        open = nil
        opening = OpenFolder(folder: folder, isReadOnly: isReadOnly)
    }

    /// The folder is open, or not.
    ///
    /// - Parameter isLookedAt: whether the owner knows that it looks at a new view: what came since the last search is no
    ///   news then.
    mutating func finish(_ status: ResponseStatus, isLookedAt: Bool) {
        defer { opening = nil }
        guard status.kind == .ok, var opened = opening else { return }
        if status.code == "READ-ONLY" { opened.isReadOnly = true }
        open = opened
        seen = isLookedAt ? opened.messages : 0
        isFresh = true
    }

    /// The owner has looked at all messages that are there now.
    mutating func look() {
        seen = open?.messages ?? 0
    }

    mutating func age() { isFresh = false }

    mutating func responseReceived(_ response: IMAPResponse) {
        switch response {
        case .exists(let count):
            update { $0.messages = count }
            if opening == nil { seen = min(seen, count) }
        case .expunge(let number): expunge(number)
        case .status(let status) where status.code == "UIDVALIDITY":
            opening?.validity = status.number ?? 0
        case .status(let status) where status.code == "UIDNEXT":
            opening?.nextUID = status.number
        case .continuation, .tagged, .status, .preauth, .bye, .capability, .list, .search, .extendedSearch, .fetch,
            .other:
            break
        }
    }

    private mutating func expunge(_ number: UInt32) {
        update { $0.messages -= min(1, $0.messages) }
        if opening == nil, number <= seen { seen -= min(1, seen) }
    }

    private mutating func update(_ body: (inout OpenFolder) -> Void) {
        if var folder = opening {
            body(&folder)
            opening = folder
        } else if var folder = open {
            body(&folder)
            open = folder
        }
    }
}
