internal import Mail
internal import NIOCore
internal import SMTP

/// Runs a client session as its owner must, and checks what it writes.
struct ClientOwner: ~Copyable {
    static let content = Array("A: b\r\n\r\n.c\r\n".utf8)
    private static let password = Array("correct horse".utf8)

    /// What the server received, and the result of each message, in order.
    private(set) var log: [String] = []
    private(set) var isOver = false
    private var session: ClientSession
    private let settings: ClientSettings
    private var answers: Bits
    private var parser = ReplyParser()
    private var pending = ByteBuffer()
    private var waiting: [ClientTransaction]
    private var started: Set<Int> = []
    private var results: Set<Int> = []
    private var sending: Int?
    /// Transactions whose last octet has been written.
    private var sent: Set<Int> = []
    private var handshakes = false

    init(_ settings: ClientSettings) {
        self.settings = settings
        answers = settings.answers
        waiting = settings.transactions
        session = ClientSession(hostname: "relay.test", security: settings.security)
        if settings.security.tls == .implicit { establishTLS() }
    }

    /// Delivers the server's output up to its next wait, in these parts.
    mutating func take(_ parts: [ArraySlice<UInt8>]) {
        var left = parts.reduce(0) { $0 + $1.count }
        for part in parts where !isOver {
            pending.writeBytes(part)
            left -= part.count
            while !isOver, let reply = nextReply() { receive(reply, hasMore: left > 0 || pending.readableBytes > 0) }
        }
        guard !isOver else { return }
        if handshakes { establishTLS() }
        act()
    }

    /// Every transaction has one result, or is known not to have one.
    func checkEnd() {
        let unfinished = session.unfinished
        let tokens = Set(unfinished.map(\.token))
        require(tokens.count == unfinished.count, "a transaction is unfinished twice")
        require(tokens.isDisjoint(with: results), "a transaction has a result and is unfinished")
        require(tokens.union(results) == started, "a transaction was lost")
        for transaction in unfinished {
            require(
                !sent.contains(transaction.token) || transaction.dotWritten,
                "a message that may be there is not in doubt")
        }
    }

    private mutating func nextReply() -> Reply? {
        do {
            return try parser.next(&pending)
        } catch {
            end("no reply")
            return nil
        }
    }

    private mutating func receive(_ reply: Reply, hasMore: Bool) {
        var out = ByteBuffer()
        let action = session.replyReceived(reply, into: &out)
        write(out)
        switch action {
        case .none, .ready: break
        case .startTLS: startTLS(hasMore: hasMore)
        case .authenticate, .loginRefused: authenticate()
        case .challenge: respond()
        case .sendContent(let token): sendContent(token)
        case .finished(let result): finish(result)
        case .finishedAndClosing(let result, _):
            finish(result)
            end("closed")
        case .refused, .unavailable, .outOfStep, .confused, .goodbye: end("\(action)")
        }
    }

    private mutating func end(_ reason: String) {
        log.append(reason)
        isOver = true
    }
}

extension ClientOwner {
    private mutating func startTLS(hasMore: Bool) {
        require(!session.isEncrypted && settings.security.tls != .off, "TLS begins that nobody wanted")
        // Octets in a later part would be taken for the handshake, which then fails.
        guard session.mayUpgrade(unprocessed: hasMore ? 1 : 0) else { return end("plaintext behind STARTTLS") }
        require(!hasMore, "octets behind STARTTLS were let through")
        handshakes = true
    }

    private mutating func establishTLS() {
        handshakes = false
        var out = ByteBuffer()
        session.tlsEstablished(into: &out)
        require(session.isEncrypted && session.capabilities == UpstreamCapabilities(), "what was said in clear is kept")
        write(out)
    }

    private mutating func authenticate() {
        guard let mechanism = session.capabilities.authMechanisms.first else {
            fatalError("there is nothing to choose")
        }
        var out = ByteBuffer()
        let initial = answers.next() ? (answers.next() ? Self.password : Array(repeating: 0, count: 600)) : nil
        session.authenticate(mechanism: mechanism, initialResponse: initial, into: &out)
        write(out)
    }

    private mutating func respond() {
        var out = ByteBuffer()
        session.respond(answers.next() ? nil : Self.password, into: &out)
        write(out)
    }

    /// Sends pending content, and starts transactions while there is room.
    private mutating func act() {
        if sending != nil, !answers.next() { finishContent() }
        while session.hasRoom, let transaction = waiting.first {
            waiting.removeFirst()
            guard canCarry(transaction) else { continue }
            started.insert(transaction.token)
            var out = ByteBuffer()
            session.startTransaction(transaction, into: &out)
            write(out)
        }
        guard waiting.isEmpty, session.isIdle else { return }
        var out = ByteBuffer()
        session.quit(into: &out)
        write(out)
    }

    private func canCarry(_ transaction: ClientTransaction) -> Bool {
        let offered = session.capabilities
        let addresses = transaction.recipients + [transaction.sender].compactMap { $0 }
        return (!transaction.isChunked || offered.chunking && offered.binaryMIME)
            && (!transaction.options.requiresTLS || offered.requireTLS && session.isEncrypted)
            && (offered.smtpUTF8 || addresses.allSatisfy(\.isASCII))
    }

    private mutating func sendContent(_ token: Int) {
        require(sending == nil && started.contains(token), "content is asked for out of order")
        sending = token
        if answers.next() { finishContent() }
    }

    private mutating func finishContent() {
        guard let token = sending else { return }
        sending = nil
        var out = ByteBuffer()
        log.append("content \(token)")
        sent.insert(token)
        session.finishContent(into: &out)
        if settings.transactions[token].isChunked { return write(out) }
        require(
            out.readSlice(length: 3).map { Array($0.readableBytesView) } == Array(".\r\n".utf8), "the dot is missing")
        write(out)
    }

    private mutating func finish(_ result: TransactionResult) {
        require(started.contains(result.token), "a result came of nothing")
        require(results.insert(result.token).inserted, "a transaction has two results")
        require(sending != result.token || result.isCutShort, "a transaction has ended while its content was asked for")
        require(
            result.isDotSent == sent.contains(result.token),
            "the dot was answered and not sent, or sent and lost")
        log.append("\(result)")
    }
}

extension ClientOwner {
    /// Output consists of lines, and nothing secret is in clear text.
    private mutating func write(_ out: ByteBuffer) {
        guard out.readableBytes > 0 else { return }
        let octets = Array(out.readableBytesView)
        require(octets.suffix(2) == [0x0D, 0x0A] && !hasBareLineEnd(octets), "what was written is no lines")
        for line in String(decoding: octets, as: UTF8.self).split(separator: "\r\n") {
            check(String(line))
            log.append(String(line))
        }
    }

    private func check(_ line: String) {
        require(line.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }, "a control character was written")
        require(
            line.utf8.allSatisfy { $0 < 0x80 } || session.capabilities.smtpUTF8, "UTF-8 was written without SMTPUTF8")
        let security = settings.security
        let isSafe = session.isEncrypted || security.tls == .off || security.tls == .opportunistic
        let verb = line.prefix { $0 != " " }
        require(
            isSafe || ["EHLO", "HELO", "STARTTLS", "QUIT"].contains(verb), "more than a greeting was said in clear")
        let isLogin = verb == "AUTH"
        require(!isLogin || session.isEncrypted || security.authenticatesInClear, "AUTH was sent in clear")
        require(!isLogin || security.authenticates, "AUTH was sent that nobody wanted")
        require(verb != "MAIL" || session.isReady, "mail was handed over before the greeting was over")
        require(
            verb != "MAIL" || !line.contains(" REQUIRETLS") || session.isEncrypted, "REQUIRETLS was asked for in clear")
    }
}
