/// A session with a POP3 server (RFC 1939, RFC 2449) that looks for messages, and deletes none but those it has read.
///
/// Performs no IO and owns no clock: octets to write are appended to the caller's buffer, events are returned in order, and
/// `now` is the time since any fixed start. After each call, ``deadline`` says when ``deadlineReached(now:)`` is due.
///
/// One request runs at a time. APOP is not used: MD5 protects no password. What the server can make
/// the session hold is bounded by ``MailboxLimits``.
package struct POP3Client: ~Copyable, Sendable {
    /// | state | meaning | goes to |
    /// |---|---|---|
    /// | `greeting` | see ``POP3Greeting`` | `ready` |
    /// | `ready` | no command is under way | `running`, `leaving` |
    /// | `running` | a request's commands are | `ready` |
    /// | `leaving` | QUIT is not answered; the server deletes what is marked (RFC 1939 section 6) | `over` |
    /// | `over` | nothing is read or written any more | |
    private enum State {
        case greeting
        case ready
        case running(POP3Run)
        case leaving
        case over
    }

    private let settings: POP3Settings
    private var greeting: POP3Greeting
    private var reader: POP3LineReader
    private var state = State.greeting
    /// The messages whose headers were read, by their numbers.
    private var read: [Int: POP3Key] = [:]
    /// When the server was heard, or asked, last.
    private var heardAt: Duration
    private var askedAt: Duration

    /// A new session on a fresh connection; the server speaks first, with `implicit` under TLS.
    package init(_ settings: POP3Settings, now: Duration) {
        self.settings = settings
        greeting = POP3Greeting(settings)
        reader = POP3LineReader(limit: settings.limits.multiline)
        heardAt = now
        askedAt = now
    }

    package var capabilities: POP3Capabilities { greeting.capabilities }
    package var isEncrypted: Bool { greeting.isEncrypted }
    package var isOver: Bool { if case .over = state { true } else { false } }
    /// Whether ``start(_:now:into:)`` may be called.
    package var hasRoom: Bool { if case .ready = state { true } else { false } }

    /// Octets held of an incomplete answer.
    package var heldOctets: Int {
        if case .running(let run) = state { reader.count + run.count } else { reader.count }
    }

    // MARK: - Time

    /// When ``deadlineReached(now:)`` is due; nil while only the owner is awaited.
    package var deadline: Duration? {
        let isDue =
            switch state {
            case .greeting: greeting.awaitsServer
            case .running, .leaving: true
            case .ready, .over: false
            }
        return isDue ? min(heardAt + settings.limits.patience, askedAt + settings.limits.command) : nil
    }

    /// Ends a session whose server owes an answer for too long.
    package mutating func deadlineReached(now: Duration) -> [POP3Event] {
        guard let deadline, now >= deadline else { return [] }
        return fail(MailboxError(.network, .silent, "the server does not answer"))
    }

    private mutating func ask(_ now: Duration) {
        heardAt = now
        askedAt = now
        reader.beginAnswer()
    }

    // MARK: - The owner's wishes

    /// The handshake is complete, and the server's certificate passed the verification.
    package mutating func tlsEstablished(now: Duration, into out: inout [UInt8]) {
        guard !isOver else { return }
        ask(now)
        greeting.tlsEstablished(into: &out)
    }

    /// Logs in with AUTH, after ``POP3Event/authenticate(_:)``.
    package mutating func authenticate(_ authenticator: any Authenticator, now: Duration, into out: inout [UInt8]) {
        guard !isOver else { return }
        ask(now)
        greeting.authenticate(authenticator, into: &out)
    }

    /// Logs in with USER and PASS, after ``POP3Event/authenticate(_:)``.
    package mutating func login(
        username: String, password: [UInt8], now: Duration, into out: inout [UInt8]
    ) -> [POP3Event] {
        guard !isOver else { return [] }
        ask(now)
        return greeting.login(username: username, password: password, into: &out)
    }

    /// The authenticator that has left a challenge to the owner; nil if none has.
    package var waitingAuthenticator: (any Authenticator)? { greeting.waitingAuthenticator }

    /// Answers a challenge that the authenticator left to the owner; nil cancels the login.
    ///
    /// - Parameter authenticator: ``waitingAuthenticator`` as it is after the response.
    package mutating func respond(
        _ response: [UInt8]?, _ authenticator: any Authenticator, now: Duration, into out: inout [UInt8]
    ) {
        guard !isOver else { return }
        ask(now)
        greeting.respond(response, authenticator, into: &out)
    }

    /// Starts a request.
    package mutating func start(_ request: POP3Request, now: Duration, into out: inout [UInt8]) -> [POP3Event] {
        guard !isOver else { return [] }
        precondition(hasRoom, "a request was started in a session without room")
        if case .delete(let keys) = request, !keys.allSatisfy({ read[$0.entry.number] == $0 }) {
            return [.refused(MailboxError(.refusal, .stale, "the messages are not those that this session has read"))]
        }
        ask(now)
        return advance(POP3Run(request, settings.limits), into: &out)
    }

    /// Sends QUIT: the server deletes what is marked. Does nothing while a request runs.
    package mutating func quit(now: Duration, into out: inout [UInt8]) {
        guard hasRoom else { return }
        ask(now)
        out += "QUIT\r\n".utf8
        state = .leaving
    }

    private mutating func advance(_ run: POP3Run, into out: inout [UInt8]) -> [POP3Event] {
        var run = run
        run.write(pipelines: capabilities.pipelining, into: &out)
        guard run.isOver else {
            state = .running(run)
            return []
        }
        state = .ready
        return run.result.map { [$0] } ?? []
    }

    // MARK: - The server's octets

    /// Octets from the server, split anywhere.
    package mutating func received(
        _ octets: some Collection<UInt8>, now: Duration, into out: inout [UInt8]
    ) -> [POP3Event] {
        guard !isOver, !octets.isEmpty else { return [] }
        heardAt = now
        var events: [POP3Event] = []
        var rest = Array(octets)[...]
        do throws(MailboxError) {
            while !isOver, !rest.isEmpty {
                try checkInjection()
                guard let line = try reader.next(&rest, isMultiline: isMultiline) else { break }
                events += try lineReceived(line, now: now, into: &out)
                if !isMultiline { reader.beginAnswer() }
            }
        } catch {
            events += fail(error)
        }
        return events
    }

    private var isMultiline: Bool {
        switch state {
        case .greeting: greeting.isMultiline
        case .running(let run): run.isMultiline
        case .ready, .leaving, .over: false
        }
    }

    /// Whoever is between could have put these octets there, to be taken for the server's own.
    private func checkInjection() throws(MailboxError) {
        guard case .greeting = state, greeting.awaitsTLS else { return }
        throw MailboxError(.protocol, .injection, "the server sends octets in clear text where TLS has to begin")
    }

    /// The connection has ended.
    package mutating func connectionEnded() -> [POP3Event] {
        switch state {
        case .over: return []
        case .leaving:
            state = .over
            return [.goodbye(isCommitted: false)]
        case .greeting, .ready, .running:
            return fail(MailboxError(.network, .closed, "the server has closed the connection"))
        }
    }

    private mutating func fail(_ error: MailboxError) -> [POP3Event] {
        state = .over
        reader = POP3LineReader(limit: settings.limits.multiline)
        return [.failed(error)]
    }

    private mutating func lineReceived(
        _ line: [UInt8], now: Duration, into out: inout [UInt8]
    ) throws(MailboxError) -> [POP3Event] {
        switch state {
        case .greeting:
            let events = try greeting.lineReceived(line, into: &out)
            if greeting.isOver { state = .ready }
            return events
        case .running: return try runReceived(line, now: now, into: &out)
        case .leaving:
            guard let status = POP3Status(line) else {
                throw .syntax("the server sent what is no answer of POP3", line)
            }
            state = .over
            return [.goodbye(isCommitted: status.isPositive)]
        case .ready:
            guard let status = POP3Status(line) else {
                throw .syntax("the server sent what is no answer of POP3", line)
            }
            throw MailboxError(unasked: status, greeting.words)
        case .over: return []
        }
    }

    private mutating func runReceived(
        _ line: [UInt8], now: Duration, into out: inout [UInt8]
    ) throws(MailboxError) -> [POP3Event] {
        guard case .running(var run) = state else { return [] }
        // What the run holds must not be copied.
        state = .ready
        var events: [POP3Event]
        if run.isMultiline {
            events = try run.lineReceived(line)
        } else {
            guard let status = POP3Status(line) else {
                throw .syntax("the server sent what is no answer of POP3", line)
            }
            events = try run.statusReceived(status, greeting.words)
        }
        for case .message(let message) in events { read[message.key.entry.number] = message.key }
        state = .running(run)
        guard !run.isMultiline else { return events }
        askedAt = now
        events += advance(run, into: &out)
        return events
    }
}
