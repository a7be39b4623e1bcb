internal import Mail

/// The server side of an IMAP session with a sink's mailboxes (RFC 3501), without IO: octets in, octets out.
///
/// It knows as much as programs need that look for messages, and delete them.
struct IMAPSession {
    enum State {
        /// Before the login. Next: `authenticating`, `authenticated`, `over`.
        case fresh
        /// After the continuation of AUTHENTICATE PLAIN. Next: `authenticated`, `fresh`.
        case authenticating(tag: String)
        /// No folder is open. Next: `selected`, `over`.
        case authenticated(user: String)
        /// Next: `idle`, `authenticated`, `over`.
        case selected(user: String, IMAPView)
        /// Told of each change until DONE (RFC 2177). Next: `selected`.
        case idle(tag: String, user: String, IMAPView)
        /// After LOGOUT or BYE: nothing is read any more.
        case over
    }

    /// The outcome of a command: untagged responses, and the text of the tagged one.
    struct Answer {
        var data: [UInt8] = []
        var status: String

        static func ok(_ text: String, _ data: String = "") -> Answer {
            Answer(data: Array(data.utf8), status: "OK \(text)")
        }
        static func no(_ text: String) -> Answer { Answer(status: "NO \(text)") }
        static func bad(_ text: String) -> Answer { Answer(status: "BAD \(text)") }
        static let malformed = bad("The arguments are not understood")
    }

    static let capabilities =
        "CAPABILITY IMAP4rev1 LITERAL+ SASL-IR AUTH=PLAIN UIDPLUS IDLE UNSELECT LIST-EXTENDED SPECIAL-USE"

    private var framer = IMAPCommandFramer()
    var state = State.fresh
    private let name: String

    /// - Parameter name: of the sink, for the greeting.
    init(name: String) { self.name = name }

    var greeting: [UInt8] { Array("* OK [\(Self.capabilities)] \(name) has the mailboxes of a sink\r\n".utf8) }

    var isOver: Bool { if case .over = state { true } else { false } }
    var isLoggedIn: Bool {
        switch state {
        case .fresh, .authenticating: false
        case .authenticated, .selected, .idle, .over: true
        }
    }
    var isIdle: Bool { if case .idle = state { true } else { false } }

    mutating func received(_ octets: some Sequence<UInt8>) { framer.append(octets) }

    /// Handles the next command.
    ///
    /// - Parameter password: the present one, for a login.
    /// - Returns: what to send; nil if more octets are needed, or the session is over.
    mutating func next(_ store: inout MailStore, password: MailboxPassword) -> [UInt8]? {
        guard !isOver, let piece = framer.next() else { return nil }
        switch piece {
        case .literalAnnounced: return Array("+ Send it\r\n".utf8)
        case .tooLong:
            state = .over
            return Array("* BYE A command is longer than \(IMAPCommandFramer.limit) octets\r\n".utf8)
        case .command(let octets):
            switch state {
            case .authenticating(let tag): return tagged(tag, plain(octets, password))
            case .idle(let tag, let user, let view): return idleEnded(octets, tag, user, view, &store)
            case .fresh, .authenticated, .selected, .over: return command(octets, &store, password)
            }
        }
    }

    /// What an idle session has to be told.
    mutating func mailboxChanged(_ store: borrowing MailStore) -> [UInt8] {
        guard case .idle(let tag, let user, var view) = state else { return [] }
        let news = view.news(of: store[user, view.folder])
        state = .idle(tag: tag, user: user, view)
        return Array(news.utf8)
    }

    // MARK: - Commands

    private mutating func command(
        _ octets: [UInt8], _ store: inout MailStore, _ password: MailboxPassword
    ) -> [UInt8] {
        var reader = IMAPReader(octets)
        guard let tag = reader.word(), reader.skipSpace(), let verb = reader.keyword() else {
            return Array("* BAD That is no command\r\n".utf8)
        }
        let arguments = reader
        switch (verb, state) {
        case ("IDLE", .selected(let user, let view)):
            state = .idle(tag: tag, user: user, view)
            return Array("+ idling\r\n".utf8) + mailboxChanged(store)
        case ("AUTHENTICATE", .fresh): return authenticate(tag, arguments, password)
        case ("LOGOUT", _):
            state = .over
            return Array("* BYE Until next time\r\n\(tag) OK LOGOUT done\r\n".utf8)
        default: return tagged(tag, answer(verb, arguments, &store, password))
        }
    }

    private mutating func answer(
        _ verb: String, _ arguments: IMAPReader, _ store: inout MailStore, _ password: MailboxPassword
    ) -> Answer {
        switch (verb, state) {
        case ("CAPABILITY", _): return .ok("CAPABILITY done", "* \(Self.capabilities)\r\n")
        case ("NOOP", .fresh), ("NOOP", .authenticated): return .ok("NOOP done")
        case ("LOGIN", .fresh): return login(arguments, password)
        case ("LIST", .authenticated), ("LIST", .selected): return list(arguments)
        case ("STATUS", .authenticated(let user)), ("STATUS", .selected(let user, _)):
            return status(arguments, user, store)
        case ("SELECT", .authenticated(let user)), ("SELECT", .selected(let user, _)):
            return open(arguments, user, store, isReadOnly: false)
        case ("EXAMINE", .authenticated(let user)), ("EXAMINE", .selected(let user, _)):
            return open(arguments, user, store, isReadOnly: true)
        case (_, .selected(let user, let view)): return inFolder(verb, arguments, user, view, &store)
        case (_, .fresh), (_, .authenticated), (_, .authenticating), (_, .idle), (_, .over):
            return .bad("\(verb) is not known, or not now")
        }
    }

    private func tagged(_ tag: String, _ answer: Answer) -> [UInt8] {
        answer.data + Array("\(tag) \(answer.status)\r\n".utf8)
    }

    private mutating func idleEnded(
        _ line: [UInt8], _ tag: String, _ user: String, _ view: IMAPView, _ store: inout MailStore
    ) -> [UInt8] {
        let news = mailboxChanged(store)
        if case .idle(_, _, let told) = state { state = .selected(user: user, told) }
        let isDone = String(decoding: line, as: UTF8.self).uppercased() == "DONE"
        return news + tagged(tag, isDone ? .ok("IDLE done") : .bad("DONE ends IDLE"))
    }

    // MARK: - Login

    private mutating func login(_ arguments: IMAPReader, _ password: MailboxPassword) -> Answer {
        var reader = arguments
        guard reader.skipSpace(), let user = reader.string(), reader.skipSpace(), let word = reader.string(),
            reader.isAtEnd
        else { return .malformed }
        return enter(user, password.is(Array(word.utf8)))
    }

    private mutating func authenticate(_ tag: String, _ arguments: IMAPReader, _ password: MailboxPassword) -> [UInt8] {
        var reader = arguments
        guard reader.skipSpace(), reader.keyword() == "PLAIN" else {
            return tagged(tag, .no("[CANNOT] Only PLAIN is offered"))
        }
        if reader.skipSpace(), let response = reader.word() {
            return tagged(tag, plain(Array(response.utf8), password))
        }
        state = .authenticating(tag: tag)
        return Array("+ \r\n".utf8)
    }

    /// RFC 4616: what it may act as, the user, the password.
    private mutating func plain(_ response: [UInt8], _ password: MailboxPassword) -> Answer {
        state = .fresh
        let parts = Base64.decode(response)?.split(separator: 0, omittingEmptySubsequences: false) ?? []
        guard parts.count == 3 else { return .bad("That is no response of PLAIN") }
        return enter(String(decoding: parts[1], as: UTF8.self), password.is(Array(parts[2])))
    }

    private mutating func enter(_ user: String, _ isRight: Bool) -> Answer {
        guard isRight, !user.isEmpty else { return .no("[AUTHENTICATIONFAILED] Wrong user or password") }
        state = .authenticated(user: user)
        return .ok("[\(Self.capabilities)] Logged in")
    }
}

/// The password of all mailboxes of a sink.
enum MailboxPassword: Equatable {
    /// There is none: any is right.
    case any
    case exactly([UInt8])
    /// Its file cannot be read: none is right.
    case unreadable

    func `is`(_ word: [UInt8]) -> Bool {
        switch self {
        case .any: true
        case .exactly(let password): word == password
        case .unreadable: false
        }
    }
}
