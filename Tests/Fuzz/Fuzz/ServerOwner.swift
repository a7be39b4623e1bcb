internal import Mail
internal import NIOCore
internal import SMTP

/// Runs a server session as its owner must, checks each step, and records the results.
struct ServerOwner: ~Copyable {
    /// What the client received, and the accepted messages, in order.
    private(set) var log: [String] = []
    private var session: ServerSession
    private let settings: ServerSettings
    private var answers: Bits
    private var logins: Bits
    private var pending: [UInt8] = []
    private var content: [UInt8] = []
    private var stuffer = DotStuffer()
    private var handshakes = false
    private var steps = 0
    private var received = 0
    private(set) var isOver = false

    init(_ settings: ServerSettings, answers: Bits, logins: Bits) {
        self.settings = settings
        self.answers = answers
        self.logins = logins
        session = ServerSession(limits: settings.limits, offer: settings.clear)
    }

    /// Delivers the client's output up to its next wait, in these parts.
    mutating func take(_ parts: [ArraySlice<UInt8>]) {
        var left = parts.reduce(0) { $0 + $1.count }
        for part in parts where !isOver {
            pending += part
            received += part.count
            left -= part.count
            while !isOver, advance(hasMore: left > 0) {}
        }
        if handshakes, !isOver { establishTLS() }
        checkRest()
    }

    /// Runs one step; returns whether another may follow.
    private mutating func advance(hasMore: Bool) -> Bool {
        steps += 1
        require(steps <= 4 * received + 40, "the session goes round in circles")
        let step = pending.withUnsafeBytes { session.advance($0) }
        require((0...pending.count).contains(step.consumed), "more was consumed than there is")
        let octets = Array(pending.prefix(step.consumed))
        pending.removeFirst(step.consumed)
        perform(step.action, octets, hasMore: hasMore)
        return step.action != .wait
    }

    private mutating func perform(_ action: ServerAction, _ octets: [UInt8], hasMore: Bool) {
        switch action {
        case .wait, .proceed: break
        case .reply(let reply), .authenticationEnded(let reply): send(reply)
        // Only if the session is to ask.
        case .recipient: require(false, "nobody wanted to be asked")
        case .discard(let reply): discard(reply)
        case .greet(let extended): greet(extended: extended)
        case .begin: begin()
        case .content: content += octets
        case .chunk: keepChunk(octets)
        case .chunkTaken(let size): send(ServerReply.chunkTaken(size))
        case .message: takeMessage()
        case .startTLS: startTLS(hasMore: hasMore || !pending.isEmpty)
        case .authenticate, .authenticationResponse: answerLogin(action)
        case .close(let reply): close(reply)
        }
    }

    private mutating func send(_ reply: ServerReply) {
        check(reply)
        log.append(reply.text)
    }

    private mutating func send(_ wire: String) {
        require(wire.hasSuffix("\r\n"), "a reply has no end")
        var parser = ReplyParser()
        var buffer = ByteBuffer(string: wire)
        require((try? parser.next(&buffer)) != nil && buffer.readableBytes == 0, "what was sent is not one reply")
        log.append(wire)
    }

    private mutating func greet(extended: Bool) {
        content = []
        let offer = session.offer
        let greeting = offer.greeting(hostname: "mx", limits: settings.limits)
        let end = offer.greetingEnd(at: Timestamp(milliseconds: 0))
        send(extended ? greeting + end : "250 mx\r\n")
    }

    private mutating func discard(_ reply: ServerReply) {
        content = []
        stuffer = DotStuffer()
        send(reply)
    }
}

extension ServerOwner {
    private mutating func begin() {
        require(!session.offer.requiresTLS || session.offer.isEncrypted, "mail was taken in clear")
        require(!session.offer.requiresAuthentication || session.user != nil, "mail was taken from a stranger")
        check(session.envelope, offer: session.offer)
        content = []
        stuffer = DotStuffer()
        if session.envelope.options.transferPriority ?? 0 > 0, answers.next() { session.lowerPriority() }
        send(session.begin(refusal: answers.next() ? .rateLimited : nil))
    }

    private mutating func keepChunk(_ octets: [UInt8]) {
        var wire = ByteBuffer()
        octets.withUnsafeBytes { stuffer.stuff($0, into: &wire) }
        content += wire.readableBytesView
    }

    private mutating func takeMessage() {
        if session.lacksLineEnd { content += [0x0D, 0x0A] }
        let envelope = session.envelope
        checkRecipients(of: envelope, offer: session.offer)
        require(envelope.recipients.count <= settings.limits.maxRecipients, "there are too many recipients")
        require(!endsData(content), "what stands in the content would end the data")
        if envelope.body != .binaryMIME {
            require(!hasBareLineEnd(content), "a message with an ambiguous line end was taken")
            require(content.isEmpty || content.last == 0x0A, "a message does not end with a line")
        }
        var unstuffer = DotUnstuffer()
        let size = unstuffer.unstuff(ByteBuffer(bytes: content)).readableBytes
        require(size == session.contentSize, "the size is not that of the content")
        require(size <= settings.limits.maxMessageSize + 2, "a message was taken that is too large")
        log.append("message \(envelope) \(content)")
        content = []
        stuffer = DotStuffer()
        let accepted = !answers.next()
        send(accepted ? .done : .spoolFailed)
        session.finish(accepted: accepted)
        require(!session.isInTransaction, "the transaction goes on behind its end")
    }

    private mutating func startTLS(hasMore: Bool) {
        require(session.offer.startTLS && !session.offer.isEncrypted, "STARTTLS was taken that was not offered")
        guard !hasMore else { return end("plaintext behind STARTTLS") }
        let available = !answers.next()
        send(session.answerStartTLS(available: available))
        handshakes = available
    }

    private mutating func establishTLS() {
        handshakes = false
        session.tlsEstablished(settings.encrypted, user: answers.next() ? "certificate" : nil)
        require(session.clientName.isEmpty && !session.isInTransaction, "something of the clear session is left")
    }

    private mutating func answerLogin(_ action: ServerAction) {
        require(session.offer.mechanisms.contains(session.mechanism), "a mechanism was taken that was not offered")
        require(session.user == nil, "a client may authenticate twice")
        switch (logins.next(), logins.next()) {
        case (false, false): send(session.authenticated(user: "user"))
        case (false, true): send(session.challenge(session.response ?? []))
        case (true, false): perform(session.authenticationFailed(.authenticationFailed), [], hasMore: false)
        case (true, true): perform(session.authenticationFailed(.authenticationUnavailable), [], hasMore: false)
        }
    }

    private mutating func close(_ reply: ServerReply) {
        let step = [UInt8]("NOOP\r\n".utf8).withUnsafeBytes { session.advance($0) }
        require(step.consumed == 6 && step.action == .wait, "something was answered behind the end")
        guard reply != .plaintextBehindStartTLS else { return end("plaintext behind STARTTLS") }
        send(reply)
        isOver = true
    }

    private mutating func end(_ reason: String) {
        log.append(reason)
        isOver = true
    }

    /// At most one line is kept for later.
    private func checkRest() {
        guard !isOver else { return }
        require(!session.isWaitingForOwner, "the session waits for an answer that it has got")
        require(
            pending.count < max(settings.limits.maxLineLength, ServerLimits.maxExchangeLineLength), "too much is kept")
        if session.isReceivingContent { require(pending.count <= 2, "too much of the content is kept") }
    }
}
