/// A session with an IMAP server (RFC 3501, RFC 9051) that looks for messages, and deletes none but those it has read.
///
/// Performs no IO and owns no clock: octets to write are appended to the caller's buffer, events are returned in order, and
/// `now` is the time since any fixed start. After each call, ``deadline`` says when ``deadlineReached(now:into:)`` is due.
///
/// One request runs at a time. Untagged responses may come at any time, and BYE as well. What the server can make the
/// session hold is bounded by ``MailboxLimits``.
package struct IMAPClient: ~Copyable, Sendable {
    /// | state | meaning | goes to |
    /// |---|---|---|
    /// | `greeting` | see ``IMAPGreeting`` | `ready` |
    /// | `ready` | no command is under way | `running`, `watching`, `leaving` |
    /// | `running` | a request's commands are | `ready` |
    /// | `watching` | IDLE or NOOP; `next` waits for its end | `ready`, `running`, `leaving` |
    /// | `leaving` | LOGOUT is not answered (RFC 9051 section 6.1.3) | `over` |
    /// | `over` | nothing is read or written any more | |
    private enum State {
        case greeting
        case ready
        case running(RequestRun)
        case watching(MailWatch, next: Next?)
        case leaving
        case over
    }

    /// What waits for the end of a watch.
    private enum Next {
        case request(IMAPRequest)
        case logout
    }

    private let settings: IMAPSettings
    private var greeting: IMAPGreeting
    private var framer: ResponseFramer
    private var writer = CommandWriter()
    private var view = FolderView()
    private var state = State.greeting
    /// Whether the server has not refused IDLE.
    private var idleWorks = true
    /// When the server was heard, or asked, last.
    private var heardAt: Duration
    private var askedAt: Duration

    /// A new session on a fresh connection; the server speaks first, with `implicit` under TLS.
    package init(_ settings: IMAPSettings, now: Duration) {
        self.settings = settings
        greeting = IMAPGreeting(settings)
        framer = ResponseFramer(settings.limits)
        heardAt = now
        askedAt = now
    }

    /// As far as known; empty after STARTTLS, until the server is asked anew.
    package var capabilities: IMAPCapabilities { greeting.capabilities }
    package var isEncrypted: Bool { greeting.isEncrypted }
    /// The open folder; nil if none is.
    package var openFolder: OpenFolder? { view.open }
    /// Octets held of an incomplete response.
    package var heldOctets: Int { framer.count }

    package var isOver: Bool { if case .over = state { true } else { false } }

    /// Whether ``start(_:now:into:)`` may be called.
    package var hasRoom: Bool {
        switch state {
        case .ready: true
        case .watching(_, let next): next == nil
        case .greeting, .running, .leaving, .over: false
        }
    }

    // MARK: - Time

    /// When ``deadlineReached(now:into:)`` is due; nil while only the owner is awaited.
    package var deadline: Duration? {
        switch state {
        case .greeting: greeting.awaitsServer ? patienceEnds : nil
        case .running, .leaving: patienceEnds
        case .watching(let watch, _): watch.deadline ?? patienceEnds
        case .ready, .over: nil
        }
    }

    private var patienceEnds: Duration {
        min(heardAt + settings.limits.patience, askedAt + settings.limits.command)
    }

    /// Ends a session whose server owes an answer for too long; renews IDLE; sends the next NOOP.
    package mutating func deadlineReached(now: Duration, into out: inout [UInt8]) -> [IMAPEvent] {
        guard let deadline, now >= deadline else { return [] }
        guard case .watching(var watch, let next) = state, watch.deadline != nil else {
            return fail(MailboxError(.network, .silent, "the server does not answer"))
        }
        watch.deadlineReached(now: now, &writer, into: &out)
        ask(now)
        state = .watching(watch, next: next)
        return []
    }

    private mutating func ask(_ now: Duration) {
        heardAt = now
        askedAt = now
    }

    // MARK: - The owner's wishes

    /// The handshake is complete, and the server's certificate passed the verification.
    package mutating func tlsEstablished(now: Duration, into out: inout [UInt8]) {
        guard !isOver else { return }
        ask(now)
        greeting.tlsEstablished(&writer, into: &out)
    }

    /// Logs in with AUTHENTICATE, after ``IMAPEvent/authenticate(_:)``.
    package mutating func authenticate(_ authenticator: any Authenticator, now: Duration, into out: inout [UInt8]) {
        guard !isOver else { return }
        ask(now)
        greeting.authenticate(authenticator, &writer, into: &out)
    }

    /// Logs in with LOGIN, after ``IMAPEvent/authenticate(_:)``.
    package mutating func login(
        username: String, password: [UInt8], now: Duration, into out: inout [UInt8]
    ) -> [IMAPEvent] {
        guard !isOver else { return [] }
        ask(now)
        return greeting.login(username: username, password: password, &writer, into: &out)
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

    /// Starts a request; a watch ends for it.
    package mutating func start(_ request: IMAPRequest, now: Duration, into out: inout [UInt8]) -> [IMAPEvent] {
        guard !isOver else { return [] }
        precondition(hasRoom, "a request was started in a session without room")
        return run(.request(request), now: now, into: &out)
    }

    /// Watches the open folder: ``IMAPEvent/news`` is reported until the next request.
    package mutating func watch(now: Duration, into out: inout [UInt8]) -> [IMAPEvent] {
        guard !isOver else { return [] }
        guard case .ready = state else { preconditionFailure("a watch was started in a session without room") }
        guard view.open != nil else {
            return [.refused(MailboxError(.refusal, .stale, "no folder is open"))]
        }
        ask(now)
        view.age()
        let idles = capabilities.idle && idleWorks
        var watch = MailWatch.start(idle: idles, settings, now: now, &writer, into: &out)
        let news: [IMAPEvent] = watch.tells(view.hasNews) ? [.news] : []
        state = .watching(watch, next: nil)
        return (idles ? [] : [.watching(isIdle: false)]) + news
    }

    /// Sends LOGOUT; a watch ends for it. Messages that others have marked stay: only CLOSE would expunge them. Does nothing
    /// while a request runs.
    package mutating func logout(now: Duration, into out: inout [UInt8]) {
        guard hasRoom else { return }
        _ = run(.logout, now: now, into: &out)
    }

    private mutating func run(_ next: Next, now: Duration, into out: inout [UInt8]) -> [IMAPEvent] {
        ask(now)
        if case .watching(var watch, _) = state, !watch.isQuiet {
            watch.end(into: &out)
            state = .watching(watch, next: next)
            return []
        }
        switch next {
        case .logout:
            writer.send(CommandText("LOGOUT", capabilities), into: &out)
            state = .leaving
            return []
        case .request(let request): return begin(request, into: &out)
        }
    }

    private mutating func begin(_ request: IMAPRequest, into out: inout [UInt8]) -> [IMAPEvent] {
        state = .ready
        do throws(MailboxError) {
            let run = try RequestRun(request, view, capabilities, settings.limits)
            return advance(run, into: &out)
        } catch {
            return [.refused(error)]
        }
    }

    private mutating func advance(_ run: RequestRun, into out: inout [UInt8]) -> [IMAPEvent] {
        var run = run
        guard let command = run.nextCommand(&view) else {
            state = .ready
            return [run.result(view)]
        }
        writer.send(command, into: &out)
        state = .running(run)
        return []
    }

    // MARK: - The server's octets

    /// Octets from the server, split anywhere.
    package mutating func received(
        _ octets: some Collection<UInt8>, now: Duration, into out: inout [UInt8]
    ) -> [IMAPEvent] {
        guard !isOver, !octets.isEmpty else { return [] }
        heardAt = now
        var events: [IMAPEvent] = []
        var rest = Array(octets)[...]
        do throws(MailboxError) {
            while !isOver, !rest.isEmpty {
                try checkInjection()
                guard let response = try framer.next(&rest) else { break }
                events += try responseReceived(IMAPResponse(response, settings.limits), now: now, into: &out)
            }
        } catch {
            events += fail(error)
        }
        return events
    }

    /// Whoever is between could have put these octets there, to be taken for the server's own (RFC 9051 section 11.1).
    private func checkInjection() throws(MailboxError) {
        guard case .greeting = state, greeting.awaitsTLS else { return }
        throw MailboxError(.protocol, .injection, "the server sends octets in clear text where TLS has to begin")
    }

    /// The connection has ended.
    package mutating func connectionEnded() -> [IMAPEvent] {
        switch state {
        case .over: return []
        case .leaving:
            state = .over
            return [.goodbye]
        case .greeting, .ready, .running, .watching:
            return fail(MailboxError(.network, .closed, "the server has closed the connection"))
        }
    }

    private mutating func fail(_ error: MailboxError) -> [IMAPEvent] {
        state = .over
        framer = ResponseFramer(settings.limits)
        return [.failed(error)]
    }

    private mutating func responseReceived(
        _ response: IMAPResponse, now: Duration, into out: inout [UInt8]
    ) throws(MailboxError) -> [IMAPEvent] {
        if case .bye(let status) = response { return byeReceived(status) }
        if case .greeting = state {
            let events = try greeting.responseReceived(response, &writer, into: &out)
            if greeting.isOver { state = .ready }
            return events
        }
        switch response {
        case .tagged(let tag, let status):
            try writer.complete(tag, status)
            return completed(status, now: now, into: &out)
        case .continuation(let text):
            return try continued(text, now: now, into: &out)
        case .preauth: throw .unexpected("the server greets once more")
        case .status, .capability, .list, .search, .extendedSearch, .exists, .expunge, .fetch, .other, .bye:
            return untagged(response)
        }
    }

    /// Expected behind LOGOUT; anywhere else the end.
    private mutating func byeReceived(_ status: ResponseStatus) -> [IMAPEvent] {
        if case .leaving = state { return [] }
        return fail(MailboxError(bye: status, greeting.words))
    }

    private mutating func untagged(_ response: IMAPResponse) -> [IMAPEvent] {
        view.responseReceived(response)
        if case .running(var run) = state {
            // What the run holds must not be copied.
            state = .ready
            let event = run.responseReceived(response, view, writer.tag)
            state = .running(run)
            return event.map { [$0] } ?? []
        }
        switch state {
        case .watching(var watch, let next):
            let isTold = watch.tells(view.hasNews)
            state = .watching(watch, next: next)
            return isTold && next == nil ? [.news] : []
        case .greeting, .ready, .running, .leaving, .over: return []
        }
    }

    private mutating func continued(
        _ text: ArraySlice<UInt8>, now: Duration, into out: inout [UInt8]
    ) throws(MailboxError) -> [IMAPEvent] {
        if writer.hasPieces {
            writer.sendPiece(into: &out)
            return []
        }
        guard case .watching(var watch, let next) = state else {
            throw .unexpected("the server asks for more of a command that is complete", text)
        }
        let isFirst = try watch.continued(now: now, text, into: &out)
        state = .watching(watch, next: next)
        return isFirst ? [.watching(isIdle: true)] : []
    }

    private mutating func completed(
        _ status: ResponseStatus, now: Duration, into out: inout [UInt8]
    ) -> [IMAPEvent] {
        askedAt = now
        switch state {
        case .running(var run):
            switch run.completed(status, &view, greeting.words) {
            case .goesOn: return advance(run, into: &out)
            case .over(let event):
                state = .ready
                return [event]
            }
        case .watching(var watch, let next):
            return watchCompleted(&watch, next, status, now: now, into: &out)
        case .leaving:
            state = .over
            return [.goodbye]
        case .greeting, .ready, .over: return []
        }
    }

    private mutating func watchCompleted(
        _ watch: inout MailWatch, _ next: Next?, _ status: ResponseStatus, now: Duration, into out: inout [UInt8]
    ) -> [IMAPEvent] {
        let progress = watch.completed(status, now: now, &writer, into: &out)
        state = .watching(watch, next: next)
        switch progress {
        case .refused: return fail(MailboxError(refusing: "NOOP", status, greeting.words))
        case .polls:
            idleWorks = false
            if next == nil { return [.watching(isIdle: false)] }
        case .goesOn: break
        }
        return next.map { run($0, now: now, into: &out) } ?? []
    }
}
