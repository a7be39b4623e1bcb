internal import Mail

/// One request under way: a plan of commands, sent one after another, and what the server has answered so far.
struct RequestRun: Sendable {
    private enum Step {
        /// `RETURN (SPECIAL-USE)` if extended (RFC 6154 section 2).
        case list(isExtended: Bool)
        case open(Folder, isReadOnly: Bool)
        /// NOOP: servers show new messages between commands only.
        case refresh
        case search(MessageSearch)
        /// Of each header the first octets only, if partial (RFC 9051 section 6.4.5).
        case fetch([UInt32], fields: [String]?, isPartial: Bool)
        case store([UInt32])
        case expunge([UInt32])
    }

    /// How the answer to a command leaves the request.
    enum Progress {
        /// Send the next command.
        case goesOn
        case over(IMAPEvent)
    }

    /// Messages in one command, which servers want short (RFC 7162 section 4).
    private static let batch = 200

    private let request: IMAPRequest
    private let limits: MailboxLimits
    private let capabilities: IMAPCapabilities
    private var steps: [Step] = []
    private var current: Step?
    private var folders = FolderList()
    private var found: [UInt32] = []
    private var isCut = false
    /// The messages whose headers the server owes.
    private var owed: Set<UInt32> = []

    /// - Throws: ``MailboxError`` `stale` for a request that does not suit the open folder.
    init(
        _ request: IMAPRequest, _ view: FolderView, _ capabilities: IMAPCapabilities, _ limits: MailboxLimits
    ) throws(MailboxError) {
        self.request = request
        self.limits = limits
        self.capabilities = capabilities
        steps = try plan(view)
    }

    // MARK: - Plan

    private func plan(_ view: FolderView) throws(MailboxError) -> [Step] {
        switch request {
        case .listFolders: return [.list(isExtended: capabilities.specialUse)]
        case .open(let folder): return [.open(folder, isReadOnly: true)]
        case .search(let search):
            _ = try opened(view)
            return (view.isFresh ? [] : [.refresh]) + [.search(search)]
        case .fetch(let uids, let fields):
            _ = try opened(view)
            return Self.batches(uids).map { .fetch($0, fields: fields, isPartial: true) }
        case .delete(let keys): return try deletion(keys, view)
        }
    }

    private func opened(_ view: FolderView) throws(MailboxError) -> OpenFolder {
        guard let open = view.open else { throw MailboxError(.refusal, .stale, "no folder is open") }
        return open
    }

    private func deletion(_ keys: [MessageKey], _ view: FolderView) throws(MailboxError) -> [Step] {
        guard let first = keys.first else { return [] }
        guard keys.allSatisfy({ $0.folder == first.folder && $0.validity == first.validity }), first.validity > 0 else {
            throw MailboxError(.refusal, .stale, "the messages are not of one folder with one UIDVALIDITY")
        }
        let batches = Self.batches(keys.map(\.uid))
        let commands = batches.map { Step.store($0) } + (capabilities.uidPlus ? batches.map { .expunge($0) } : [])
        if let open = view.open, open.folder.wireName == first.folder, !open.isReadOnly {
            try Self.check(open, keys)
            return commands
        }
        let folder = Folder(
            attributes: [], delimiter: nil, wireName: first.folder, isUTF8: capabilities.namesAreUTF8)
        return [.open(folder, isReadOnly: false)] + commands
    }

    /// UIDs of another validity are those of other messages (RFC 9051 section 2.3.1.1).
    private static func check(_ open: OpenFolder, _ keys: [MessageKey]) throws(MailboxError) {
        guard keys.allSatisfy({ $0.validity == open.validity }) else {
            throw MailboxError(.refusal, .stale, "the folder has another UIDVALIDITY than the messages")
        }
        guard !open.isReadOnly else {
            throw MailboxError(.refusal, .unsupported, "the server opens the folder for reading only")
        }
    }

    private static func batches(_ uids: [UInt32]) -> [[UInt32]] {
        let sorted = Set(uids).subtracting([0]).sorted()
        return stride(from: 0, to: sorted.count, by: batch).map { Array(sorted[$0..<min($0 + batch, sorted.count)]) }
    }

    // MARK: - Commands

    /// The next command; nil if the request is complete.
    mutating func nextCommand(_ view: inout FolderView) -> CommandText? {
        guard !steps.isEmpty else { return nil }
        let step = steps.removeFirst()
        current = step
        switch step {
        case .open(let folder, let isReadOnly): view.begin(folder, isReadOnly: isReadOnly)
        case .search: view.look()
        case .fetch(let uids, _, _): owed = Set(uids)
        case .list, .refresh, .store, .expunge: break
        }
        view.age()
        return text(step)
    }

    private func text(_ step: Step) -> CommandText {
        switch step {
        case .list(let isExtended):
            return CommandText("LIST \"\" \"*\"\(isExtended ? " RETURN (SPECIAL-USE)" : "")", capabilities)
        case .open(let folder, let isReadOnly):
            var text = CommandText(isReadOnly ? "EXAMINE" : "SELECT", capabilities)
            text.addString(folder.wireName, allowsUTF8: capabilities.namesAreUTF8)
            return text
        case .refresh: return CommandText("NOOP", capabilities)
        case .search(let search): return text(search)
        case .fetch(let uids, let fields, let isPartial):
            let range = isPartial ? "<0.\(limits.header)>" : ""
            let items = "UID INTERNALDATE BODY.PEEK[\(Self.section(fields))]\(range)"
            return CommandText("UID FETCH \(UIDSet.text(uids)) (\(items))", capabilities)
        case .store(let uids):
            return CommandText("UID STORE \(UIDSet.text(uids)) +FLAGS.SILENT (\\Deleted)", capabilities)
        case .expunge(let uids): return CommandText("UID EXPUNGE \(UIDSet.text(uids))", capabilities)
        }
    }

    private func text(_ search: MessageSearch) -> CommandText {
        let value = Array(search.value.utf8.filter { $0 != 0 })
        let isASCII = search.field == nil || value.allSatisfy { $0 < 0x80 }
        var text = CommandText(isASCII ? "UID SEARCH" : "UID SEARCH CHARSET UTF-8", capabilities)
        // With `*`, servers show the last message, and GNU Mailutils none.
        if search.above > 0 { text.add(" UID \(min(search.above, .max - 1) + 1):\(UInt32.max)") }
        if let since = search.since { text.add(" SINCE \((since - .seconds(86_400)).searchDate)") }
        text.add(" UNDELETED")
        if let field = search.field {
            text.add(" HEADER")
            text.addString(Array(field.utf8.filter { $0 != 0 }))
            text.addString(value, allowsUTF8: capabilities.namesAreUTF8)
        }
        return text
    }

    /// Names of fields that are none would end up as something else in the command.
    private static func section(_ fields: [String]?) -> String {
        guard let fields else { return "HEADER" }
        let names = fields.filter { name in
            !name.isEmpty && name.utf8.allSatisfy { $0 == 0x2D || $0.isDigit || (0x61...0x7A).contains($0 | 0x20) }
        }
        return names.isEmpty ? "HEADER" : "HEADER.FIELDS (\(names.joined(separator: " ")))"
    }

    // MARK: - Answers

    /// - Returns: a message that the request asked for.
    mutating func responseReceived(_ response: IMAPResponse, _ view: FolderView, _ tag: [UInt8]?) -> IMAPEvent? {
        switch (current, response) {
        case (.list, .list(let attributes, let delimiter, let name)):
            let folder = Folder(
                attributes: attributes, delimiter: delimiter, wireName: name, isUTF8: capabilities.namesAreUTF8)
            folders.add(folder, limit: limits.folders)
        case (.search, .search(let uids)): keep(uids)
        case (.search, .extendedSearch(let answered, let set)) where answered == nil || answered == tag:
            let newest = set.newest(limits.found)
            isCut = isCut || newest.isCut
            keep(newest.uids)
        case (.fetch, .fetch(let data)): return message(data, view)
        default: break
        }
        return nil
    }

    /// A server may answer in any number of pieces.
    private mutating func keep(_ uids: [UInt32]) {
        found += uids
        if found.count > 4 * limits.found { found = newest() }
    }

    private mutating func newest() -> [UInt32] {
        // RFC 9051 section 9: `*` is the last message, so that a range above it finds that one.
        let above = if case .search(let search) = request { search.above } else { UInt32(0) }
        let all = Set(found.filter { $0 > above })
        isCut = isCut || all.count > limits.found
        return all.sorted().suffix(limits.found)
    }

    /// FETCH responses of other messages, or of flags alone, come at any time.
    private mutating func message(_ data: FetchData, _ view: FolderView) -> IMAPEvent? {
        guard let uid = data.uid, let header = data.header, let open = view.open, owed.remove(uid) != nil else {
            return nil
        }
        let key = MessageKey(folder: open.folder.wireName, validity: open.validity, uid: uid)
        let kept = Array(header.prefix(limits.header))
        return .message(
            FetchedMessage(
                key: key, internalDate: data.internalDate, header: kept, isCut: header.count >= limits.header))
    }

    /// The current command is answered.
    mutating func completed(_ status: ResponseStatus, _ view: inout FolderView, _ words: ServerWords) -> Progress {
        if case .open(_, let isReadOnly) = current { view.finish(status, isLookedAt: isReadOnly) }
        if status.kind == .bad, let simpler {
            steps.insert(simpler, at: 0)
            return .goesOn
        }
        guard status.kind == .ok else { return .over(.refused(MailboxError(refusing: name, status, words))) }
        if case .open = current, case .delete(let keys) = request, let open = view.open {
            do throws(MailboxError) { try Self.check(open, keys) } catch { return .over(.refused(error)) }
        }
        return steps.isEmpty ? .over(result(view)) : .goesOn
    }

    /// What asks for the same in a way that every server knows.
    private var simpler: Step? {
        switch current {
        case .list(isExtended: true): .list(isExtended: false)
        case .fetch(let uids, let fields, isPartial: true): .fetch(uids, fields: fields, isPartial: false)
        case .list, .open, .refresh, .search, .fetch, .store, .expunge, nil: nil
        }
    }

    private var name: String {
        switch current {
        case .list: "LIST"
        case .open(let folder, true): "EXAMINE \(ServerWords.visible(folder.name.utf8))"
        case .open(let folder, false): "SELECT \(ServerWords.visible(folder.name.utf8))"
        case .refresh: "NOOP"
        case .search: "UID SEARCH"
        case .fetch: "UID FETCH"
        case .store: "UID STORE"
        case .expunge: "UID EXPUNGE"
        case nil: "the request"
        }
    }

    /// The event that ends the request.
    mutating func result(_ view: FolderView) -> IMAPEvent {
        switch request {
        case .listFolders:
            var list = folders
            list.guessJunk()
            return .folders(list)
        case .open(let folder): return .opened(view.open ?? OpenFolder(folder: folder, isReadOnly: true))
        case .search:
            let uids = newest()
            return .found(uids, isCut: isCut)
        case .fetch: return .fetched
        case .delete(let keys): return .deleted(keys, isExpunged: capabilities.uidPlus)
        }
    }
}
