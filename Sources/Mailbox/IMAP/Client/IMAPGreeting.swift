internal import Mail

/// The start of a session: greeting, CAPABILITY, STARTTLS, CAPABILITY again, and the login.
struct IMAPGreeting: Sendable {
    /// | state | waits for | goes to |
    /// |---|---|---|
    /// | `implicit` | the owner's TLS handshake (RFC 8314 section 3) | `greeting` |
    /// | `greeting` | OK or PREAUTH (RFC 9051 section 7.1) | `capability`, `startTLS`, `choice`, `over` |
    /// | `capability` | the answer to CAPABILITY | `startTLS`, `choice`, `over` |
    /// | `startTLS` | the answer to STARTTLS (section 6.2.1) | `handshake` |
    /// | `handshake` | the owner's TLS handshake | `capability` |
    /// | `choice` | the owner's choice of a login | `password`, `exchange` |
    /// | `password` | the answer to LOGIN (section 6.2.3) | `capability`, `over`; `choice` |
    /// | `exchange` | a challenge, or the answer to AUTHENTICATE (section 6.2.2) | `answer`, `capability`, `over`; `choice` |
    /// | `answer` | the owner's response | `exchange` |
    /// | `over` | nothing | |
    private enum State {
        case implicit, greeting, capability, startTLS, handshake, choice, password
        case exchange(SASLExchange)
        case answer(SASLExchange)
        case over
    }

    private let settings: IMAPSettings
    private var state: State
    private(set) var capabilities = IMAPCapabilities()
    /// Whether the capabilities are those of the state that the session is in.
    private var isInformed = false
    private(set) var isEncrypted = false
    private var isLoggedIn = false
    private(set) var words = ServerWords()

    init(_ settings: IMAPSettings) {
        self.settings = settings
        state = settings.security.tls == .implicit ? .implicit : .greeting
    }

    var isOver: Bool { if case .over = state { true } else { false } }

    /// Whether the server is expected to speak.
    var awaitsServer: Bool {
        switch state {
        case .greeting, .capability, .startTLS, .password, .exchange: true
        case .implicit, .handshake, .choice, .answer, .over: false
        }
    }

    /// Whether what arrives now would be taken for octets under TLS.
    var awaitsTLS: Bool {
        switch state {
        case .implicit, .handshake: true
        case .greeting, .capability, .startTLS, .choice, .password, .exchange, .answer, .over: false
        }
    }

    // MARK: - Responses

    mutating func responseReceived(
        _ response: IMAPResponse, _ writer: inout CommandWriter, into out: inout [UInt8]
    ) throws(MailboxError) -> [IMAPEvent] {
        if case .greeting = state { return try greetingReceived(response, &writer, into: &out) }
        switch response {
        case .capability(let names): inform(names)
        case .status(let status): inform(status)
        case .tagged(let tag, let status):
            try writer.complete(tag, status)
            inform(status)
            return try completed(status, &writer, into: &out)
        case .continuation(let text): return try continued(text, &writer, into: &out)
        case .preauth: throw .unexpected("the server greets once more")
        case .bye, .list, .search, .extendedSearch, .exists, .expunge, .fetch, .other: break
        }
        return []
    }

    private mutating func greetingReceived(
        _ response: IMAPResponse, _ writer: inout CommandWriter, into out: inout [UInt8]
    ) throws(MailboxError) -> [IMAPEvent] {
        switch response {
        case .status(let status) where status.kind == .ok: inform(status)
        case .preauth(let status):
            // A login that somebody else made cannot be protected any more (RFC 9051 section 11.1).
            guard settings.security.tls != .starttls else {
                throw MailboxError(.refusal, .noTLS, "the server greets with PREAUTH, which leaves no way to STARTTLS")
            }
            inform(status)
            isLoggedIn = true
        default: throw .unexpected("the server does not greet as one of IMAP")
        }
        return try proceed(&writer, into: &out)
    }

    private mutating func inform(_ status: ResponseStatus) {
        if status.kind == .ok, status.code == "CAPABILITY" { inform(status.words) }
    }

    private mutating func inform(_ names: [String]) {
        capabilities = IMAPCapabilities(names, limit: settings.limits.capabilities)
        isInformed = true
    }

    private mutating func completed(
        _ status: ResponseStatus, _ writer: inout CommandWriter, into out: inout [UInt8]
    ) throws(MailboxError) -> [IMAPEvent] {
        switch state {
        case .capability:
            guard status.kind == .ok, isInformed else {
                throw MailboxError(refusing: "CAPABILITY", status, words)
            }
            return try proceed(&writer, into: &out)
        case .startTLS: return try startTLSAnswered(status)
        case .password: return try loginAnswered(status, nil, &writer, into: &out)
        case .exchange(let exchange): return try loginAnswered(status, exchange, &writer, into: &out)
        case .answer(let exchange): return try loginAnswered(status, exchange, &writer, into: &out)
        case .implicit, .greeting, .handshake, .choice, .over:
            throw .unexpected("the server answers a command that is not sent", status.text)
        }
    }

    /// The next of: CAPABILITY, STARTTLS, the login, the end of the greeting.
    private mutating func proceed(
        _ writer: inout CommandWriter, into out: inout [UInt8]
    ) throws(MailboxError) -> [IMAPEvent] {
        guard isInformed else {
            state = .capability
            writer.send(CommandText("CAPABILITY", capabilities), into: &out)
            return []
        }
        guard capabilities.isKnown else {
            throw MailboxError(.refusal, .unsupported, "the server offers neither IMAP4rev1 nor IMAP4rev2")
        }
        if settings.security.tls == .starttls, !isEncrypted {
            try startTLS(&writer, into: &out)
            return []
        }
        if isLoggedIn {
            state = .over
            return [.ready]
        }
        return [.authenticate(try offer())]
    }

    // MARK: - STARTTLS

    private mutating func startTLS(_ writer: inout CommandWriter, into out: inout [UInt8]) throws(MailboxError) {
        guard capabilities.startTLS else {
            throw MailboxError(.refusal, .noTLS, "the server does not offer STARTTLS")
        }
        state = .startTLS
        writer.send(CommandText("STARTTLS", capabilities), into: &out)
    }

    private mutating func startTLSAnswered(_ status: ResponseStatus) throws(MailboxError) -> [IMAPEvent] {
        guard status.kind == .ok else {
            throw MailboxError(
                .refusal, .noTLS, "the server refuses STARTTLS", answer: words.text(status.text),
                responseCode: status.code)
        }
        state = .handshake
        return [.startTLS]
    }

    /// RFC 9051 section 6.2.1: what was learned in clear text is discarded, and asked anew.
    mutating func tlsEstablished(_ writer: inout CommandWriter, into out: inout [UInt8]) {
        isEncrypted = true
        isInformed = false
        capabilities = IMAPCapabilities()
        switch state {
        case .implicit: state = .greeting
        case .handshake:
            state = .capability
            writer.send(CommandText("CAPABILITY", capabilities), into: &out)
        case .greeting, .capability, .startTLS, .choice, .password, .exchange, .answer, .over:
            preconditionFailure("TLS was established that nobody had started")
        }
    }

    // MARK: - Login

    private mutating func offer() throws(MailboxError) -> LoginOffer {
        guard isEncrypted || settings.security.authenticatesInClear else {
            throw MailboxError(
                .authentication, .clearText,
                "the session is not encrypted, and credentials must not be sent in clear text")
        }
        state = .choice
        return LoginOffer(
            mechanisms: capabilities.mechanisms, allowsPassword: !capabilities.loginDisabled, isEncrypted: isEncrypted)
    }

    mutating func authenticate(
        _ authenticator: any Authenticator, _ writer: inout CommandWriter, into out: inout [UInt8]
    ) {
        guard case .choice = state else { preconditionFailure("a login was chosen in another state") }
        var exchange = SASLExchange(authenticator, limit: settings.limits.challenges)
        let line = exchange.start { _ in capabilities.saslIR }
        var text = CommandText("AUTHENTICATE ", capabilities)
        text.add(line)
        words.hide(line.drop { $0 != 0x20 }.dropFirst())
        words.hide(authenticator.secret)
        state = .exchange(exchange)
        isInformed = false
        writer.send(text, into: &out)
    }

    /// LOGIN; the server must offer it (RFC 9051 section 6.2.3).
    mutating func login(
        username: String, password: [UInt8], _ writer: inout CommandWriter, into out: inout [UInt8]
    ) -> [IMAPEvent] {
        guard case .choice = state else { preconditionFailure("a login was chosen in another state") }
        let isSendable = !password.contains(0) && !username.utf8.contains(0)
        guard !capabilities.loginDisabled, isSendable else {
            let reason = isSendable ? "the server does not allow the command LOGIN" : "IMAP has no way to send a NUL"
            return [.loginRefused(MailboxError(.authentication, .loginRefused, reason))]
        }
        var text = CommandText("LOGIN", capabilities)
        text.addString(Array(username.utf8))
        text.addString(password)
        words.hide(password)
        state = .password
        isInformed = false
        writer.send(text, into: &out)
        return []
    }

    private mutating func loginAnswered(
        _ status: ResponseStatus, _ exchange: SASLExchange?, _ writer: inout CommandWriter, into out: inout [UInt8]
    ) throws(MailboxError) -> [IMAPEvent] {
        guard status.kind == .ok else {
            state = .choice
            if let reason = exchange?.reason {
                return [.loginRefused(MailboxError(.authentication, .challenge, reason))]
            }
            let explanation = exchange?.authenticator.explanation
            return [.loginRefused(MailboxError(refusingLogin: status, words, explanation: explanation))]
        }
        if let exchange, !exchange.acceptsSuccess {
            throw MailboxError(
                .authentication, .serverUnproven, "the server says that the login succeeded before it did")
        }
        isLoggedIn = true
        return try proceed(&writer, into: &out)
    }

    private mutating func continued(
        _ text: ArraySlice<UInt8>, _ writer: inout CommandWriter, into out: inout [UInt8]
    ) throws(MailboxError) -> [IMAPEvent] {
        switch state {
        case .password where writer.hasPieces:
            writer.sendPiece(into: &out)
            return []
        case .exchange(var exchange):
            let step = exchange.challengeReceived(text)
            return take(step, exchange, into: &out)
        case .implicit, .greeting, .capability, .startTLS, .handshake, .choice, .password, .answer, .over:
            throw .unexpected("the server asks for more of a command that is complete", text)
        }
    }

    private mutating func take(
        _ step: SASLExchange.Step, _ exchange: SASLExchange, into out: inout [UInt8]
    ) -> [IMAPEvent] {
        state = .exchange(exchange)
        switch step {
        case .write(let line):
            words.hide(line)
            out += line + [0x0D, 0x0A]
        case .ask(let challenge):
            state = .answer(exchange)
            return [.challenge(challenge)]
        case .cancel: out += "*\r\n".utf8
        }
        return []
    }

    /// The authenticator that has left a challenge to the owner; nil if none has.
    var waitingAuthenticator: (any Authenticator)? {
        if case .answer(let exchange) = state { exchange.authenticator } else { nil }
    }

    /// Answers a challenge that the authenticator left to the owner; nil cancels. Nothing happens where the server has
    /// given up meanwhile.
    mutating func respond(_ response: [UInt8]?, _ authenticator: any Authenticator, into out: inout [UInt8]) {
        guard case .answer(var exchange) = state else { return }
        let step = exchange.answer(response, authenticator)
        _ = take(step, exchange, into: &out)
    }
}
