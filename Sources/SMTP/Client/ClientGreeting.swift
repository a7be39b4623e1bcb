internal import Mail
internal import NIOCore

/// The start of a client session, up to where mail can be handed over: banner, EHLO, STARTTLS, EHLO again, AUTH.
///
/// Always in lock step: EHLO, STARTTLS and AUTH must be last in a group of commands (RFC 2920 section 3.1, RFC 3207
/// section 4, RFC 4954 section 4).
struct ClientGreeting {
    typealias Action = ClientSession.ReplyAction

    /// More challenges than any mechanism needs: LOGIN and SCRAM have two each.
    static let challengeLimit = 8
    /// Maximum length of a command line with its CRLF (RFC 5321 section 4.5.3.1.4), also for AUTH (RFC 4954 section 4).
    private static let lineLimit = 512

    /// | state | waits for | goes to |
    /// |---|---|---|
    /// | `implicit` | the owner's TLS handshake (RFC 8314 section 3) | `banner` |
    /// | `banner` | 220 (RFC 5321 section 3.1) | `ehlo` |
    /// | `ehlo` | the reply to EHLO (section 3.2) | `startTLS`, `choice`, `over`; `helo` after a 5yz |
    /// | `helo` | the reply to HELO | `over` |
    /// | `startTLS` | 220 (RFC 3207 section 4) | `upgrade`; `choice`, `over` in clear, where that will do |
    /// | `upgrade` | the owner, to say what came after the 220 | `handshake` |
    /// | `handshake` | the owner's TLS handshake | `ehlo` |
    /// | `choice` | the owner's choice of a mechanism | `auth` |
    /// | `auth` | 334 or 235 (RFC 4954 section 4); `initial` is an initial response too long for the command | `answer`, `over`; `choice` after a 5yz |
    /// | `answer` | the owner's response | `auth`, `cancelled` |
    /// | `cancelled` | the reply to `*`, which ends the session | |
    /// | `over` | nothing | |
    private enum State {
        case implicit, banner, ehlo, helo, startTLS, upgrade, handshake, choice
        case auth(initial: [UInt8]?)
        case answer, cancelled, over
    }

    let hostname: String
    private let security: ClientSecurity
    private(set) var capabilities = UpstreamCapabilities()
    private(set) var isEncrypted = false
    private var state: State
    private var challenges = 0

    init(hostname: String, security: ClientSecurity) {
        self.hostname = hostname
        self.security = security
        self.state = security.tls == .implicit ? .implicit : .banner
    }

    var isOver: Bool {
        if case .over = state { true } else { false }
    }

    var phase: ClientPhase {
        switch state {
        case .banner: .banner
        case .ehlo, .helo: .ehlo
        case .startTLS: .startTLS
        case .implicit, .upgrade, .handshake: .tls
        case .choice, .auth, .answer, .cancelled: .auth
        case .over: .idle
        }
    }

    mutating func replyReceived(_ reply: Reply, into out: inout ByteBuffer) -> Action {
        switch state {
        case .banner:
            guard reply.code == 220 else { return .refused(.banner, reply) }
            return sayHello(into: &out)
        case .ehlo: return ehloReceived(reply, into: &out)
        case .helo:
            guard reply.kind == .positive else { return .refused(.ehlo, reply) }
            capabilities = UpstreamCapabilities(helo: reply)
            return authenticateIfNeeded()
        case .startTLS: return startTLSReceived(reply)
        case .auth(let initial): return authReceived(reply, initial, into: &out)
        case .cancelled: return .refused(.auth, reply)
        case .implicit, .upgrade, .handshake, .choice, .answer, .over:
            return reply.code == 421 ? .refused(phase, reply) : .confused(phase, reply)
        }
    }

    // MARK: - EHLO

    private mutating func sayHello(into out: inout ByteBuffer) -> Action {
        write("EHLO ", into: &out)
        state = .ehlo
        return .none
    }

    private func write(_ verb: StaticString, into out: inout ByteBuffer) {
        out.writeStaticString(verb)
        out.writeString(hostname)
        out.writeStaticString("\r\n")
    }

    private mutating func ehloReceived(_ reply: Reply, into out: inout ByteBuffer) -> Action {
        switch reply.kind {
        case .positive:
            capabilities = UpstreamCapabilities(ehlo: reply)
            return startTLSIfNeeded(into: &out)
        case .permanent:
            if mustEncrypt {
                return .unavailable(.startTLS, "the server supports neither EHLO nor STARTTLS: \(reply)")
            }
            // A server without EHLO: RFC 5321 section 3.2.
            write("HELO ", into: &out)
            state = .helo
            return .none
        case .transient, .intermediate:
            return .refused(.ehlo, reply)
        }
    }

    // MARK: - STARTTLS

    private var mustEncrypt: Bool { !isEncrypted && security.tls == .starttls }

    private mutating func startTLSIfNeeded(into out: inout ByteBuffer) -> Action {
        switch security.tls {
        case .opportunistic where !isEncrypted && capabilities.startTLS, .starttls where !isEncrypted:
            guard capabilities.startTLS else { return .unavailable(.startTLS, "the server does not offer STARTTLS") }
            out.writeStaticString("STARTTLS\r\n")
            state = .startTLS
            return .none
        case .off, .opportunistic, .starttls, .implicit:
            return authenticateIfNeeded()
        }
    }

    private mutating func startTLSReceived(_ reply: Reply) -> Action {
        if reply.code == 220 {
            state = .upgrade
            return .startTLS
        }
        switch reply.kind {
        case .positive, .intermediate: return .confused(.startTLS, reply)
        case .transient, .permanent:
            // RFC 3207 section 4: the client decides whether to continue in clear text.
            if mustEncrypt || reply.code == 421 { return .refused(.startTLS, reply) }
            return authenticateIfNeeded()
        }
    }

    /// Octets after the 220 arrived in clear text and would be taken for TLS-protected ones; somebody injected them
    /// (RFC 3207 section 6, CVE-2011-0411). Any such octet ends the session.
    mutating func mayUpgrade(unprocessed: Int) -> Bool {
        guard case .upgrade = state else { preconditionFailure("TLS began without a 220") }
        guard unprocessed == 0 else { return false }
        state = .handshake
        return true
    }

    /// RFC 3207 section 4.2: everything learned in clear text is discarded, and EHLO is sent again.
    mutating func tlsEstablished(into out: inout ByteBuffer) {
        isEncrypted = true
        capabilities = UpstreamCapabilities()
        switch state {
        case .implicit: state = .banner
        case .handshake: _ = sayHello(into: &out)
        case .banner, .ehlo, .helo, .startTLS, .upgrade, .choice, .auth, .answer, .cancelled, .over:
            preconditionFailure("TLS was established that nobody had started")
        }
    }

    // MARK: - AUTH

    private mutating func authenticateIfNeeded() -> Action {
        guard security.authenticates else {
            state = .over
            return .ready
        }
        guard isEncrypted || security.authenticatesInClear else {
            return .unavailable(.auth, "the session is not encrypted, and credentials must not be sent in clear text")
        }
        guard !capabilities.authMechanisms.isEmpty else { return .unavailable(.auth, "the server does not offer AUTH") }
        state = .choice
        return .authenticate
    }

    mutating func authenticate(mechanism: String, initialResponse: [UInt8]?, into out: inout ByteBuffer) {
        guard case .choice = state else { preconditionFailure("AUTH was chosen in another state") }
        challenges = 0
        out.writeStaticString("AUTH ")
        out.writeString(mechanism)
        let digits = initialResponse.map { $0.isEmpty ? "=" : Base64.encode($0) }
        let isTooLong = mechanism.utf8.count + (digits?.utf8.count ?? 0) + 8 > Self.lineLimit
        if let digits, !isTooLong {
            out.writeStaticString(" ")
            out.writeString(digits)
        }
        out.writeStaticString("\r\n")
        // RFC 4954 section 4: a response that does not fit answers the empty challenge that follows.
        state = .auth(initial: isTooLong ? initialResponse : nil)
    }

    private mutating func authReceived(_ reply: Reply, _ initial: [UInt8]?, into out: inout ByteBuffer) -> Action {
        switch reply.code {
        case 235:
            if initial != nil { return .confused(.auth, reply) }
            state = .over
            return .ready
        case 334: return challengeReceived(reply, initial, into: &out)
        default: return loginRefused(reply)
        }
    }

    /// After a permanent refusal another AUTH may follow (RFC 4954 section 4), and so it may after 432, which asks for
    /// another mechanism (RFC 4954 section 6).
    private mutating func loginRefused(_ reply: Reply) -> Action {
        switch reply.kind {
        case .permanent:
            state = .choice
            return .loginRefused(reply)
        case .transient where reply.code == 432:
            state = .choice
            return .loginRefused(reply)
        case .transient: return .refused(.auth, reply)
        case .positive, .intermediate: return .confused(.auth, reply)
        }
    }

    private mutating func challengeReceived(_ reply: Reply, _ initial: [UInt8]?, into out: inout ByteBuffer) -> Action {
        challenges += 1
        guard challenges <= Self.challengeLimit else {
            return .unavailable(.auth, "the server keeps asking after \(Self.challengeLimit) challenges")
        }
        state = .answer
        // RFC 4954 section 4: a malformed challenge cancels the exchange.
        let challenge = reply.lines.count == 1 ? Base64.decode(reply.lines[0].utf8) : nil
        if let challenge, initial == nil { return .challenge(challenge) }
        respond(challenge == [] ? initial : nil, into: &out)
        return .none
    }

    /// - Parameter response: nil cancels (RFC 4954 section 4).
    mutating func respond(_ response: [UInt8]?, into out: inout ByteBuffer) {
        guard case .answer = state else { preconditionFailure("a response was given without a challenge") }
        state = response == nil ? .cancelled : .auth(initial: nil)
        out.writeString(response.map(Base64.encode) ?? "*")
        out.writeStaticString("\r\n")
    }
}
