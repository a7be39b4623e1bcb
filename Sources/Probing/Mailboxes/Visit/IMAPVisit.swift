internal import Mail
internal import Mailbox
internal import RoundTrips

/// One session with an IMAP server: a tour of all folders, then a watch on the inbox, and further tours when asked for.
///
/// What shows the same message as other folders do (`\All`, RFC 6154 section 2) is looked into last, and its messages count
/// only if the inbox, looked into once more, does not have them.
struct IMAPVisit: MailboxVisit, ~Copyable {
    /// | stage | waits for | goes to |
    /// |---|---|---|
    /// | `opening` | the greeting, TLS and the login | `listing`, `over` |
    /// | `listing` | LIST | `entering`, `over` |
    /// | `entering` | EXAMINE | `scanning`, `over` |
    /// | `scanning` | the answers of a ``FolderScan`` | `entering`, `settling`, `watching`, `over` |
    /// | `settling` | the deletion of what only `\All` shows | `entering`, `over` |
    /// | `watching` | news, a wish, or time | `scanning`, `listing`, `entering`, `leaving`, `over` |
    /// | `leaving` | the answer to LOGOUT | `over` |
    /// | `over` | nothing | |
    private enum Stage {
        case opening, listing
        case entering(Folder)
        case scanning(FolderScan)
        case settling
        case watching
        case leaving, over
    }

    /// A look into all folders that is under way.
    private struct Tour {
        let began: Duration
        /// Folders that are still to be looked into.
        var ahead: [Folder] = []
        /// What the folder of all messages shows.
        var held: [Candidate] = []
        /// Of the held ones, those that are to be deleted.
        var keys: [MessageKey] = []
        /// Whether the inbox has been looked into once more.
        var isReturned = false
    }

    private struct Candidate {
        let message: FoundMessage
        let key: MessageKey
        let mark: Int
        var isHeld = false
    }

    /// How long a look may take.
    static let tourLimit = Duration.seconds(600)
    /// How far back an unknown folder is searched for probes.
    static let past = Duration.seconds(3 * 86_400)
    /// Between two scans for news, however often the server has some.
    private static let pause = Duration.seconds(1)
    /// After which folders are listed again; sooner while there is none for junk, which servers make when it is needed.
    private static let listing = (usual: Duration.seconds(600), withoutJunk: Duration.seconds(60))
    private static let heldLimit = 200
    /// Folders that are looked into, where relay.conf names none.
    private static let folderLimit = 16

    private var client: IMAPClient
    private let wanted: [String]
    private let wall: @Sendable () -> Timestamp
    private(set) var memory: MailboxMemory
    private var stage = Stage.opening
    private var tour: Tour?
    private var folders: [Folder] = []
    private var listedAt: Duration?
    private var hasJunk = false
    /// Those of ``folders`` that the server does not list.
    private var unlisted: Set<[UInt8]> = []
    private var isLookWanted = false
    /// When the server's news are scanned for at the earliest, and whether there are some.
    private var quietUntil = Duration.zero
    private var hasNews = false
    /// Events of the client that are not handled yet.
    private var events = EventQueue<IMAPEvent>()
    private var reports: [VisitEvent] = []
    /// The message that the owner has to judge.
    private var judged: Candidate?

    /// - Parameters:
    ///   - folders: names of those to look into; empty for the inbox and those with a use that matters.
    ///   - wall: the system's clock.
    init(
        _ settings: IMAPSettings, folders: [String], memory: MailboxMemory, now: Duration,
        wall: @escaping @Sendable () -> Timestamp
    ) {
        client = IMAPClient(settings, now: now)
        wanted = folders
        self.memory = memory
        self.wall = wall
    }

    var loginDelay: Duration? { nil }
    var waitingAuthenticator: (any Authenticator)? { client.waitingAuthenticator }

    // MARK: - Time

    var deadline: Duration? {
        if case .over = stage { return nil }
        let news = hasNews ? quietUntil : nil
        return [client.deadline, tour.map { $0.began + Self.tourLimit }, news].compactMap(\.self).min()
    }

    mutating func deadlineReached(now: Duration, into out: inout [UInt8]) {
        events.append(client.deadlineReached(now: now, into: &out))
        if let tour, now >= tour.began + Self.tourLimit {
            end(MailboxError(.network, .silent, "a look into the mailbox takes longer than ten minutes"))
        }
        if case .watching = stage, hasNews, now >= quietUntil { scanNews(now, &out) }
    }

    // MARK: - The connection

    mutating func received(_ octets: some Collection<UInt8>, now: Duration, into out: inout [UInt8]) {
        events.append(client.received(octets, now: now, into: &out))
    }

    mutating func tlsEstablished(now: Duration, into out: inout [UInt8]) {
        client.tlsEstablished(now: now, into: &out)
    }

    mutating func connectionEnded() { events.append(client.connectionEnded()) }

    // MARK: - The login

    mutating func authenticate(_ authenticator: any Authenticator, now: Duration, into out: inout [UInt8]) {
        client.authenticate(authenticator, now: now, into: &out)
    }

    mutating func login(username: String, password: [UInt8], now: Duration, into out: inout [UInt8]) {
        events.append(client.login(username: username, password: password, now: now, into: &out))
    }

    mutating func respond(
        _ response: [UInt8]?, _ authenticator: any Authenticator, now: Duration, into out: inout [UInt8]
    ) {
        client.respond(response, authenticator, now: now, into: &out)
    }

    // MARK: - The owner's wishes

    mutating func look(now: Duration, into out: inout [UInt8]) {
        switch stage {
        case .watching: beginTour(now, &out)
        case .entering, .scanning, .listing, .settling: isLookWanted = true
        // The first tour begins after this.
        case .opening, .leaving, .over: break
        }
    }

    mutating func leave(now: Duration, into out: inout [UInt8]) {
        guard client.hasRoom else { return end(nil) }
        tour = nil
        stage = .leaving
        client.logout(now: now, into: &out)
    }

    mutating func judge(isOurs: Bool) {
        guard let candidate = judged else { preconditionFailure("a message was judged that was not reported") }
        judged = nil
        guard isOurs else { return }
        memory.probes.add(candidate.mark)
        if candidate.isHeld {
            tour?.keys.append(candidate.key)
        } else if case .scanning(var scan) = stage {
            scan.add(candidate.key)
            stage = .scanning(scan)
        }
    }

    // MARK: - Events

    mutating func next(now: Duration, into out: inout [UInt8]) -> VisitEvent? {
        precondition(judged == nil, "a message was reported and not judged")
        while reports.isEmpty, let event = events.popFirst() { take(event, now, &out) }
        return reports.isEmpty ? nil : reports.removeFirst()
    }

    private mutating func take(_ event: IMAPEvent, _ now: Duration, _ out: inout [UInt8]) {
        switch event {
        case .startTLS: reports.append(.startTLS)
        case .authenticate(let offer): reports.append(.authenticate(offer))
        case .challenge(let challenge): reports.append(.challenge(challenge))
        case .loginRefused(let error): reports.append(.loginRefused(error))
        case .ready: beginTour(now, &out)
        case .folders(let list): listed(list, now, &out)
        case .opened(let open): scan(open, isFresh: true, now, &out)
        case .found(let uids, let isCut): withScan(now, &out) { $0.found(uids, isCut: isCut) }
        case .message(let message): show(message)
        case .fetched: fetched(now, &out)
        case .deleted: deleted(now, &out)
        case .refused(let error): refused(error, now, &out)
        case .watching: break
        case .news: news(now, &out)
        case .goodbye: end(nil)
        case .failed(let error): end(error)
        }
    }

    private mutating func end(_ error: MailboxError?) {
        if case .over = stage { return }
        stage = .over
        tour = nil
        events.removeAll()
        reports.append(.over(error))
    }

    private mutating func request(_ request: IMAPRequest, _ now: Duration, _ out: inout [UInt8]) {
        events.append(client.start(request, now: now, into: &out))
    }

    private mutating func refused(_ error: MailboxError, _ now: Duration, _ out: inout [UInt8]) {
        switch stage {
        case .scanning(var scan):
            guard scan.refused() else { return end(error) }
            if scan.isDeleting { reports.append(.kept(error)) }
            self.scan(scan, now, &out)
        case .settling:
            reports.append(.kept(error))
            endTour(now, &out)
        case .entering(let folder): end(unlisted.contains(folder.wireName) ? Self.missing(error) : error)
        case .opening, .listing, .watching: end(error)
        case .leaving, .over: break
        }
    }

    /// Not all servers have a code for it.
    private static func missing(_ error: MailboxError) -> MailboxError {
        MailboxError(.refusal, .noFolder, "\(error.message), and does not list it", answer: error.answer)
    }

    // MARK: - A look into all folders

    private mutating func beginTour(_ now: Duration, _ out: inout [UInt8]) {
        tour = Tour(began: now)
        isLookWanted = false
        let pause = hasJunk || !wanted.isEmpty ? Self.listing.usual : Self.listing.withoutJunk
        if let listedAt, now - listedAt < pause { return goRound(now, &out) }
        stage = .listing
        request(.listFolders, now, &out)
    }

    private mutating func listed(_ list: FolderList, _ now: Duration, _ out: inout [UInt8]) {
        guard case .listing = stage else { return }
        listedAt = now
        hasJunk = list[.junk] != nil
        folders = choose(list)
        let listed = Set(list.folders.map(\.wireName))
        unlisted = list.isCut ? [] : Set(folders.map(\.wireName)).subtracting(listed)
        goRound(now, &out)
    }

    /// The inbox comes first, so that a message that is moved on meanwhile is met on its way.
    private func choose(_ list: FolderList) -> [Folder] {
        let chosen =
            wanted.isEmpty
            ? [Folder.inbox]
                + list.folders.filter { [.junk, .archive, .all].contains($0.use) && $0.isSelectable }
                .prefix(Self.folderLimit)
            : wanted.map { name in
                let named = Folder(named: name, isUTF8: client.capabilities.namesAreUTF8)
                return list.folders.first { $0.name == name || $0.wireName == named.wireName } ?? named
            }
        return chosen.filter { $0.use == .inbox } + chosen.filter { $0.use != .inbox && $0.use != .all }
            + chosen.filter { $0.use == .all }
    }

    private mutating func goRound(_ now: Duration, _ out: inout [UInt8]) {
        tour?.ahead = folders
        enterNext(now, &out)
    }

    private mutating func enterNext(_ now: Duration, _ out: inout [UInt8]) {
        guard var tour else { return }
        if tour.ahead.isEmpty, !tour.held.isEmpty, !tour.isReturned, let inbox = folders.first {
            tour.isReturned = true
            tour.ahead = [inbox]
        }
        guard !tour.ahead.isEmpty else {
            self.tour = tour
            return settle(now, &out)
        }
        enter(tour.ahead.removeFirst(), now, &out)
        self.tour = tour
    }

    private mutating func enter(_ folder: Folder, _ now: Duration, _ out: inout [UInt8]) {
        stage = .entering(folder)
        request(.open(folder), now, &out)
    }

    // MARK: - One folder

    private mutating func withScan(_ now: Duration, _ out: inout [UInt8], _ body: (inout FolderScan) -> Void) {
        guard case .scanning(var scan) = stage else { return }
        body(&scan)
        self.scan(scan, now, &out)
    }

    private mutating func scan(_ open: OpenFolder, isFresh: Bool, _ now: Duration, _ out: inout [UInt8]) {
        let known = memory.folders[open.folder.wireName]
        scan(FolderScan(open, known, since: wall() - Self.past, isFresh: isFresh, retries: tour != nil), now, &out)
    }

    private mutating func scan(_ scan: FolderScan, _ now: Duration, _ out: inout [UInt8]) {
        var scan = scan
        if let next = scan.next() {
            stage = .scanning(scan)
            return request(next, now, &out)
        }
        memory.folders[scan.folder.wireName] = scan.memory
        if tour == nil { rest(now, &out) } else { enterNext(now, &out) }
    }

    private mutating func show(_ message: FetchedMessage) {
        guard case .scanning(let scan) = stage, let look = ProbeLook(message.header) else { return }
        let found = FoundMessage(
            header: message.header, folder: TripFolder(scan.folder.use),
            place: "\(scan.folder.name)/\(scan.validity)/\(message.key.uid)", internalDate: message.internalDate)
        let candidate = Candidate(
            message: found, key: message.key, mark: look.mark, isHeld: scan.folder.use == .all && folders.count > 1)
        guard !candidate.isHeld else {
            if let count = tour?.held.count, count < Self.heldLimit { tour?.held.append(candidate) }
            return
        }
        report(candidate)
    }

    private mutating func report(_ candidate: Candidate) {
        judged = candidate
        reports.append(.found(candidate.message))
    }

    private mutating func fetched(_ now: Duration, _ out: inout [UInt8]) {
        if case .settling = stage { return settle(now, &out) }
        withScan(now, &out) { _ in }
    }

    private mutating func deleted(_ now: Duration, _ out: inout [UInt8]) {
        if case .settling = stage { return endTour(now, &out) }
        withScan(now, &out) { $0.deleted() }
    }

    // MARK: - The end of a look

    /// Shows what only the folder of all messages has, one after another, and then deletes it.
    private mutating func settle(_ now: Duration, _ out: inout [UInt8]) {
        stage = .settling
        while var tour, !tour.held.isEmpty {
            let candidate = tour.held.removeFirst()
            let isKnown = memory.probes.contains(candidate.mark)
            if isKnown { tour.keys.append(candidate.key) }
            self.tour = tour
            if !isKnown {
                report(candidate)
                // Goes on once it is judged.
                events.prepend(.fetched)
                return
            }
        }
        guard let keys = tour?.keys, !keys.isEmpty else { return endTour(now, &out) }
        request(.delete(keys), now, &out)
    }

    private mutating func endTour(_ now: Duration, _ out: inout [UInt8]) {
        guard let tour else { return }
        let names = Set(folders.map(\.wireName))
        memory.folders = memory.folders.filter { names.contains($0.key) }
        self.tour = nil
        reports.append(.looked(from: tour.began))
        rest(now, &out)
    }

    /// Nothing is under way: the next look, or the watch on the inbox.
    private mutating func rest(_ now: Duration, _ out: inout [UInt8]) {
        if isLookWanted { return beginTour(now, &out) }
        guard let inbox = folders.first else { return }
        guard let open = client.openFolder, open.isReadOnly, open.folder.wireName == inbox.wireName else {
            return enter(inbox, now, &out)
        }
        stage = .watching
        hasNews = false
        events.append(client.watch(now: now, into: &out))
    }

    // MARK: - News

    private mutating func news(_ now: Duration, _ out: inout [UInt8]) {
        guard case .watching = stage else { return }
        if now >= quietUntil { scanNews(now, &out) } else { hasNews = true }
    }

    private mutating func scanNews(_ now: Duration, _ out: inout [UInt8]) {
        guard let open = client.openFolder else { return }
        hasNews = false
        quietUntil = now + Self.pause
        scan(open, isFresh: false, now, &out)
    }
}

extension TripFolder {
    init(_ use: Folder.Use?) {
        self =
            switch use {
            case .inbox: .inbox
            case .junk: .junk
            case .all, .archive, .drafts, .flagged, .important, .sent, .trash, nil: .other
            }
    }
}
