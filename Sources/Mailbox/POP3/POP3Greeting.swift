/// The start of a session: greeting, CAPA, STLS, CAPA again, and the login.
struct POP3Greeting: Sendable {
    /// | state | waits for | goes to |
    /// |---|---|---|
    /// | `implicit` | the owner's TLS handshake (RFC 8314 section 3) | `greeting` |
    /// | `greeting` | `+OK` (RFC 1939 section 4) | `capa` |
    /// | `capa` | the first line of the answer to CAPA (RFC 2449 section 5) | `capabilities`, `stls`, `choice` |
    /// | `capabilities` | the lines of it | `stls`, `choice` |
    /// | `stls` | the answer to STLS (RFC 2595 section 4) | `handshake` |
    /// | `handshake` | the owner's TLS handshake | `capa` |
    /// | `choice` | the owner's choice of a login | `user`, `exchange` |
    /// | `user`, `password` | the answers to USER and PASS (RFC 1939 section 7) | `over`; `choice` |
    /// | `exchange` | a challenge, or the answer to AUTH (RFC 5034 section 4) | `answer`, `over`; `choice` |
    /// | `answer` | the owner's response | `exchange` |
    /// | `over` | nothing | |
    private enum State {
        case implicit, greeting, capa, capabilities, stls, handshake, choice
        case user(password: [UInt8])
        case password
        case exchange(SASLExchange)
        case answer(SASLExchange)
        case over
    }

    /// Octets of a command with its CRLF (RFC 2449 section 4); a longer initial response follows on a line of its own.
    private static let longestCommand = 255

    private let settings: POP3Settings
    private var state: State
    private(set) var capabilities = POP3Capabilities()
    private(set) var isEncrypted = false
    private(set) var words = ServerWords()

    init(_ settings: POP3Settings) {
        self.settings = settings
        state = settings.security.tls == .implicit ? .implicit : .greeting
    }

    var isOver: Bool { if case .over = state { true } else { false } }

    /// Whether the next line belongs to a multi-line answer.
    var isMultiline: Bool { if case .capabilities = state { true } else { false } }

    /// Whether the server is expected to speak.
    var awaitsServer: Bool {
        switch state {
        case .greeting, .capa, .capabilities, .stls, .user, .password, .exchange: true
        case .implicit, .handshake, .choice, .answer, .over: false
        }
    }

    /// Whether what arrives now would be taken for octets under TLS.
    var awaitsTLS: Bool {
        switch state {
        case .implicit, .handshake: true
        case .greeting, .capa, .capabilities, .stls, .choice, .user, .password, .exchange, .answer, .over: false
        }
    }

    // MARK: - Answers

    mutating func lineReceived(_ line: [UInt8], into out: inout [UInt8]) throws(MailboxError) -> [POP3Event] {
        if case .capabilities = state { return try capabilityReceived(line, into: &out) }
        if case .exchange(var exchange) = state, line.first == UInt8(ascii: "+"), line.dropFirst().first ?? 0x20 == 0x20
        {
            let step = exchange.challengeReceived(line.dropFirst(2))
            return take(step, exchange, into: &out)
        }
        guard let status = POP3Status(line) else {
            throw .syntax("the server sent what is no answer of POP3", line)
        }
        return try answered(status, into: &out)
    }

    private mutating func answered(
        _ status: POP3Status, into out: inout [UInt8]
    ) throws(MailboxError) -> [POP3Event] {
        switch state {
        case .greeting:
            guard status.isPositive else { throw MailboxError(bye: status, words) }
            askCapabilities(into: &out)
        case .capa where status.isPositive: state = .capabilities
        case .capa: return try proceed(into: &out)
        case .stls:
            guard status.isPositive else {
                throw MailboxError(.refusal, .noTLS, "the server refuses STLS", answer: words.text(status.text))
            }
            state = .handshake
            return [.startTLS]
        case .user(let password):
            guard status.isPositive else { return loginRefused(status, nil) }
            words.hide(password)
            out += Array("PASS ".utf8) + password + [0x0D, 0x0A]
            state = .password
        case .password: return try loginAnswered(status, nil)
        case .exchange(let exchange), .answer(let exchange): return try loginAnswered(status, exchange)
        case .implicit, .capabilities, .handshake, .choice, .over: throw MailboxError(unasked: status, words)
        }
        return []
    }

    private mutating func askCapabilities(into out: inout [UInt8]) {
        capabilities = POP3Capabilities()
        state = .capa
        out += "CAPA\r\n".utf8
    }

    private mutating func capabilityReceived(
        _ line: [UInt8], into out: inout [UInt8]
    ) throws(MailboxError) -> [POP3Event] {
        if line == [UInt8(ascii: ".")] {
            capabilities.isKnown = true
            return try proceed(into: &out)
        }
        capabilities.add(line, limit: settings.limits.capabilities)
        return []
    }

    /// The next of: STLS, the login.
    private mutating func proceed(into out: inout [UInt8]) throws(MailboxError) -> [POP3Event] {
        if settings.security.tls == .starttls, !isEncrypted {
            guard capabilities.stls else {
                throw MailboxError(.refusal, .noTLS, "the server does not offer STLS")
            }
            state = .stls
            out += "STLS\r\n".utf8
            return []
        }
        guard isEncrypted || settings.security.authenticatesInClear else {
            throw MailboxError(
                .authentication, .clearText,
                "the session is not encrypted, and credentials must not be sent in clear text")
        }
        state = .choice
        return [
            .authenticate(
                LoginOffer(
                    mechanisms: capabilities.mechanisms, allowsPassword: capabilities.allowsPassword,
                    isEncrypted: isEncrypted))
        ]
    }

    /// RFC 2595 section 4: what was learned in clear text is discarded, and asked anew.
    mutating func tlsEstablished(into out: inout [UInt8]) {
        isEncrypted = true
        switch state {
        case .implicit: state = .greeting
        case .handshake: askCapabilities(into: &out)
        case .greeting, .capa, .capabilities, .stls, .choice, .user, .password, .exchange, .answer, .over:
            preconditionFailure("TLS was established that nobody had started")
        }
    }

    // MARK: - Login

    mutating func authenticate(_ authenticator: any Authenticator, into out: inout [UInt8]) {
        guard case .choice = state else { preconditionFailure("a login was chosen in another state") }
        var exchange = SASLExchange(authenticator, limit: settings.limits.challenges)
        let line = exchange.start { $0 + 7 <= Self.longestCommand }
        words.hide(line.drop { $0 != 0x20 }.dropFirst())
        words.hide(authenticator.secret)
        out += Array("AUTH ".utf8) + line + [0x0D, 0x0A]
        state = .exchange(exchange)
    }

    /// USER and PASS; the server must offer it.
    mutating func login(username: String, password: [UInt8], into out: inout [UInt8]) -> [POP3Event] {
        guard case .choice = state else { preconditionFailure("a login was chosen in another state") }
        let isLine = !(Array(username.utf8) + password).contains { $0 == 0x0D || $0 == 0x0A || $0 == 0 }
        guard capabilities.allowsPassword, isLine else {
            let reason =
                isLine ? "the server does not allow the commands USER and PASS" : "POP3 has no way to send a line end"
            return [.loginRefused(MailboxError(.authentication, .loginRefused, reason))]
        }
        out += "USER \(username)\r\n".utf8
        state = .user(password: password)
        return []
    }

    private mutating func loginRefused(_ status: POP3Status, _ exchange: SASLExchange?) -> [POP3Event] {
        state = .choice
        if let reason = exchange?.reason {
            return [.loginRefused(MailboxError(.authentication, .challenge, reason))]
        }
        let explanation = exchange?.authenticator.explanation
        return [.loginRefused(MailboxError(refusingLogin: status, words, explanation: explanation))]
    }

    private mutating func loginAnswered(
        _ status: POP3Status, _ exchange: SASLExchange?
    ) throws(MailboxError) -> [POP3Event] {
        guard status.isPositive else { return loginRefused(status, exchange) }
        if let exchange, !exchange.acceptsSuccess {
            throw MailboxError(
                .authentication, .serverUnproven, "the server says that the login succeeded before it did")
        }
        state = .over
        return [.ready]
    }

    private mutating func take(
        _ step: SASLExchange.Step, _ exchange: SASLExchange, into out: inout [UInt8]
    ) -> [POP3Event] {
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

extension MailboxError {
    /// The server ends the session with its greeting.
    init(bye status: POP3Status, _ words: ServerWords) {
        self.init(
            .refusal, .bye, "the server ends the session", answer: words.text(status.text), responseCode: status.code)
    }

    /// An answer to nothing: `-ERR` before the server closes an idle session, or worse.
    init(unasked status: POP3Status, _ words: ServerWords) {
        if status.isPositive {
            self = .unexpected("the server answers a command that is not sent", status.text)
        } else {
            self.init(bye: status, words)
        }
    }
}
