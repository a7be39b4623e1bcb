internal import Mail
internal import Mailbox
internal import RoundTrips

/// One session with a POP3 server, which is one look: the server shows what was there at the login.
///
/// Of the messages that the last look has not shown, the headers are read, newest first.
struct POP3Visit: MailboxVisit, ~Copyable {
    /// | stage | waits for | goes to |
    /// |---|---|---|
    /// | `opening` | the greeting, TLS and the login | `listing`, `over` |
    /// | `listing` | UIDL | `reading`, `leaving`, `over` |
    /// | `reading` | the answers to TOP | `deleting`, `leaving`, `over` |
    /// | `deleting` | the answers to DELE | `leaving`, `over` |
    /// | `leaving` | the answer to QUIT | `over` |
    /// | `over` | nothing | |
    private enum Stage {
        case opening, listing, reading, deleting, leaving, over
    }

    private struct Candidate {
        let key: POP3Key
        let mark: Int
    }

    /// Messages whose headers are read at the first look, and later.
    static let newest = (first: 200, later: 2_000)

    private var client: POP3Client
    private let began: Duration
    private(set) var memory: MailboxMemory
    private var stage = Stage.opening
    /// All messages by their hashes; the newest, in the server's order.
    private var present = NewestHashes(limit: SeenMessages.limit)
    /// Messages to be read, the next one last.
    private var unread: [POP3Entry] = []
    private var hasRead = false
    private var keys: [POP3Key] = []
    private var events = EventQueue<POP3Event>()
    private var reports: [VisitEvent] = []
    private var judged: Candidate?

    init(_ settings: POP3Settings, memory: MailboxMemory, now: Duration) {
        client = POP3Client(settings, now: now)
        began = now
        self.memory = memory
    }

    var loginDelay: Duration? { client.capabilities.loginDelay }
    var waitingAuthenticator: (any Authenticator)? { client.waitingAuthenticator }

    // MARK: - Time

    var deadline: Duration? {
        if case .over = stage { return nil }
        return [client.deadline, began + IMAPVisit.tourLimit].compactMap(\.self).min()
    }

    mutating func deadlineReached(now: Duration, into out: inout [UInt8]) {
        events.append(client.deadlineReached(now: now))
        if now >= began + IMAPVisit.tourLimit {
            end(MailboxError(.network, .silent, "a look into the mailbox takes longer than ten minutes"))
        }
    }

    // MARK: - The connection and the login

    mutating func received(_ octets: some Collection<UInt8>, now: Duration, into out: inout [UInt8]) {
        events.append(client.received(octets, now: now, into: &out))
    }

    mutating func tlsEstablished(now: Duration, into out: inout [UInt8]) {
        client.tlsEstablished(now: now, into: &out)
    }

    mutating func connectionEnded() { events.append(client.connectionEnded()) }

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

    mutating func look(now: Duration, into out: inout [UInt8]) {}

    /// Nothing that is marked is deleted, since the session is cut short.
    mutating func leave(now: Duration, into out: inout [UInt8]) { end(nil) }

    mutating func judge(isOurs: Bool) {
        guard let candidate = judged else { preconditionFailure("a message was judged that was not reported") }
        judged = nil
        guard isOurs else { return }
        memory.probes.add(candidate.mark)
        keys.append(candidate.key)
    }

    // MARK: - Events

    mutating func next(now: Duration, into out: inout [UInt8]) -> VisitEvent? {
        precondition(judged == nil, "a message was reported and not judged")
        while reports.isEmpty, stage != .over {
            if let event = events.popFirst() {
                take(event, now, &out)
            } else if stage == .reading, client.hasRoom {
                readNext(now, &out)
            } else {
                break
            }
        }
        return reports.isEmpty ? nil : reports.removeFirst()
    }

    private mutating func take(_ event: POP3Event, _ now: Duration, _ out: inout [UInt8]) {
        switch event {
        case .startTLS: reports.append(.startTLS)
        case .authenticate(let offer): reports.append(.authenticate(offer))
        case .challenge(let challenge): reports.append(.challenge(challenge))
        case .loginRefused(let error): reports.append(.loginRefused(error))
        case .ready:
            stage = .listing
            request(.uniqueIDs(newest: nil), now, &out)
        case .entry(let entry): note(entry)
        case .listed: listed()
        case .message(let message): show(message)
        case .marked: quit(now, &out)
        case .refused(let error): refused(error, now, &out)
        case .counted, .size: break
        case .goodbye(let isCommitted): goodbye(isCommitted)
        case .failed(let error): end(error)
        }
    }

    private mutating func end(_ error: MailboxError?) {
        guard stage != .over else { return }
        // What was not deleted is to be found once more, to be deleted then.
        for key in keys { memory.seen?.remove(SeenMessages.hash(key.entry.uniqueID)) }
        stage = .over
        events.removeAll()
        reports.append(.over(error))
    }

    private mutating func goodbye(_ isCommitted: Bool) {
        if isCommitted { keys = [] }
        end(nil)
    }

    private mutating func request(_ request: POP3Request, _ now: Duration, _ out: inout [UInt8]) {
        events.append(client.start(request, now: now, into: &out))
    }

    private mutating func refused(_ error: MailboxError, _ now: Duration, _ out: inout [UInt8]) {
        switch stage {
        // A message that another client has deleted. A server that reads none does not have TOP.
        case .reading where hasRead || error.code != .unsupported: break
        case .deleting:
            reports.append(.kept(error))
            quit(now, &out)
        case .opening, .listing, .reading, .leaving, .over: end(error)
        }
    }

    // MARK: - A look

    private mutating func note(_ entry: POP3Entry) {
        let hash = SeenMessages.hash(entry.uniqueID)
        present.add(hash)
        guard !(memory.seen?.contains(hash) ?? false) else { return }
        unread.append(entry)
        let limit = memory.seen == nil ? Self.newest.first : Self.newest.later
        // In batches: a removal moves all that follow.
        if unread.count >= 2 * limit { unread.removeFirst(unread.count - limit) }
    }

    private mutating func listed() {
        unread = unread.suffix(memory.seen == nil ? Self.newest.first : Self.newest.later)
        stage = .reading
    }

    private mutating func readNext(_ now: Duration, _ out: inout [UInt8]) {
        if let entry = unread.popLast() {
            return request(.header(entry), now, &out)
        }
        memory.seen = memory.seen ?? SeenMessages()
        memory.seen?.replace(present.hashes)
        reports.append(.looked(from: began))
        guard !keys.isEmpty else { return quit(now, &out) }
        stage = .deleting
        request(.delete(keys), now, &out)
    }

    private mutating func show(_ message: POP3Message) {
        hasRead = true
        let entry = message.key.entry
        memory.seen?.add(SeenMessages.hash(entry.uniqueID))
        guard let look = ProbeLook(message.header) else { return }
        judged = Candidate(key: message.key, mark: look.mark)
        reports.append(
            .found(
                FoundMessage(
                    header: message.header, folder: .inbox, place: String(decoding: entry.uniqueID, as: UTF8.self),
                    internalDate: nil)))
    }

    private mutating func quit(_ now: Duration, _ out: inout [UInt8]) {
        stage = .leaving
        client.quit(now: now, into: &out)
    }
}

/// The last hashes that were added, in order.
private struct NewestHashes {
    let limit: Int
    private(set) var hashes: [Int] = []
    private var oldest = 0

    init(limit: Int) {
        self.limit = limit
    }

    mutating func add(_ hash: Int) {
        guard hashes.count == limit else { return hashes.append(hash) }
        hashes[oldest] = hash
        oldest = (oldest + 1) % limit
    }
}
