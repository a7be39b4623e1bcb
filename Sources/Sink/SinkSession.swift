internal import TLS

/// The server side of one SMTP session of the sink, without IO (RFC 5321 section 4.1.4).
///
/// Events go in with their chosen fault; an action comes out, and the caller does exactly that.
struct SinkSession {
    enum State {
        /// Waiting for the client's first octets of the handshake. Next: `handshaking`.
        case beforeHandshake
        /// The TLS handshake is in progress. Next: `fresh`.
        case handshaking
        /// Before EHLO or HELO. Next: `ready`.
        case fresh
        /// Between transactions. Next: `transaction`, `authenticating`, `beforeHandshake`.
        case ready
        /// After a challenge. Next: `ready`.
        case authenticating
        /// After MAIL. Next: `content` or `chunks` with a recipient, `ready` by RSET.
        case transaction
        /// After DATA, until the final dot. Next: `ready`.
        case content
        /// After the first BDAT, until the end of the last chunk (RFC 3030 section 2). Next: `ready`.
        case chunks
    }

    /// What the next octets are.
    enum Expectation: Equatable {
        case handshake
        case command
        /// An answer to a challenge.
        case response
        case content
        /// This many octets of a chunk.
        case chunk(left: Int)
    }

    /// A chunk being received.
    struct Chunk {
        var left: Int
        let isLast: Bool
        /// The action in place of a reply once its octets are discarded; nil if they are accepted.
        let refusal: Action?
    }

    enum Action: Equatable {
        case reply(SinkReply)
        case replyThenClose(SinkReply)
        /// Send these octets in place of a reply; a 421 ends the session.
        case say([UInt8])
        /// Send continuation lines with this code forever.
        case endless(Int)
        /// Send 354; content follows.
        case beginContent
        /// The first chunk of a content follows.
        case beginChunks
        /// Send it with 334; a response follows.
        case challenge([UInt8])
        /// Send 220; a handshake follows.
        case startTLS
        /// Start TLS with the octets already received.
        case shakeHands
        /// Continue reading without a reply.
        case proceed
        /// The message is complete: count it and reply with its number.
        case take
        /// The same, but close without a reply.
        case takeThenDrop
        /// The same, but send this in place of the reply.
        case takeThenSay([UInt8])
        /// The same, but send this after the reply, and close.
        case takeThenClose([UInt8])
        case drop
        /// Close with a reset.
        case reset
        case hang
    }

    var state = State.fresh
    var chunk: Chunk?
    var exchange: SinkExchange?
    var messages = 0
    var sender = ""
    var recipients: [String] = []
    /// As received.
    var mailParameters = ""
    /// One per recipient once any has some, else empty.
    var recipientParameters: [String] = []
    var cameInChunks = false
    /// The logged-in user.
    var user: String?
    /// Nil in clear text.
    var tls: TLSConnectionDetails?
    /// The IP address that the client comes from.
    var client: String?
    var badCommands = 0
    /// Whether any reply is the last one.
    private(set) var isBeforeGreeting = true
    let offers: SinkOffers

    init(_ offers: SinkOffers) {
        self.offers = offers
        if offers.tls == .implicit { state = .beforeHandshake }
    }

    var expectation: Expectation {
        if let chunk { return .chunk(left: chunk.left) }
        return switch state {
        case .beforeHandshake: .handshake
        case .authenticating: .response
        case .content: .content
        case .handshaking, .fresh, .ready, .transaction, .chunks: .command
        }
    }

    /// Whether the octets of the chunk belong to a message.
    var takesChunk: Bool { chunk.map { $0.refusal == nil } ?? false }

    mutating func connected(_ fault: SinkFault.Kind?) -> Action {
        switch Self.action(for: fault, code: 220) {
        case .none:
            isBeforeGreeting = false
            return .proceed
        case .reply(let reply): return .replyThenClose(reply)
        case .drop, .takeThenDrop, .takeThenSay, .takeThenClose: return .reset
        case .some(let action): return action
        }
    }

    func greetingDue(_ fault: SinkFault.Kind?) -> Action {
        Self.action(for: fault, code: 220) ?? .reply(.greeting)
    }

    mutating func commandReceived(_ command: ClientCommand, _ fault: SinkFault.Kind?) -> Action {
        if case .bdat(let size, let isLast) = command { return begin(size, isLast, fault) }
        if let action = Self.action(for: fault) { return action }
        switch (command, state) {
        case (.ehlo, .fresh), (.ehlo, .ready), (.ehlo, .transaction), (.ehlo, .chunks): return greeted(extensions)
        case (.helo, .fresh), (.helo, .ready), (.helo, .transaction), (.helo, .chunks): return greeted(.name)
        case (.starttls, .ready): return startTLS()
        case (.auth(let mechanism, let response), .ready): return login(mechanism, response)
        case (.mail(let sender, let parameters), .ready): return begin(sender, parameters)
        case (.rcpt(let recipient, let parameters), .transaction): return add(recipient, parameters)
        case (.data, .transaction): return beginContent()
        case (.rset, .fresh), (.noop, .fresh), (.noop, .ready), (.noop, .transaction), (.noop, .chunks):
            return .reply(.ok)
        case (.rset, .ready), (.rset, .transaction), (.rset, .chunks):
            state = .ready
            endTransaction()
            return .reply(.ok)
        case (.quit, .fresh), (.quit, .ready), (.quit, .transaction), (.quit, .chunks): return .replyThenClose(.bye)
        case (.unknown, _): return bad(.unknownCommand)
        case (_, .content), (_, .beforeHandshake), (_, .handshaking), (_, .authenticating), (.mail, _), (.rcpt, _),
            (.data, _), (.bdat, _), (.starttls, _), (.auth, _):
            return bad(.badSequence)
        }
    }

    /// The first octets of the content have arrived.
    func contentBegan(_ fault: SinkFault.Kind?) -> Action {
        Self.action(for: fault) ?? .proceed
    }

    mutating func contentEnded(_ fault: SinkFault.Kind?) -> Action {
        chunk = nil
        state = .ready
        return Self.action(for: fault) ?? .take
    }

    /// Discards sender and recipients; called once the message has been counted or refused.
    mutating func endTransaction() {
        if state == .transaction || state == .chunks { state = .ready }
        sender = ""
        mailParameters = ""
        recipients.removeAll(keepingCapacity: true)
        recipientParameters.removeAll(keepingCapacity: true)
        cameInChunks = false
    }

    private mutating func greeted(_ reply: SinkReply) -> Action {
        endTransaction()
        state = .ready
        return .reply(reply)
    }

    private var extensions: SinkReply {
        guard let tls else { return .extensions }
        return tls.exporter == nil ? .extensionsOverTLS : .extensionsOverTLS13
    }

    mutating func bad(_ reply: SinkReply) -> Action {
        badCommands += 1
        return .reply(reply)
    }

    /// The action of a fault in place of the correct one; nil if the correct one still happens, later, slower or twice.
    ///
    /// - Parameter code: reply code of an endless reply.
    static func action(for fault: SinkFault.Kind?, code: Int = 250) -> Action? {
        switch fault {
        case .none, .twice, .discard, .junk, .deaf, .delay, .slow, .refuse, .down, .cut: nil
        case .fail: .reply(.fault)
        case .say(let octets): .say(octets)
        case .endless: .endless(code)
        case .hang: .hang
        case .drop: .drop
        case .takeAndDrop: .takeThenDrop
        case .takeAndSay(let octets): .takeThenSay(octets)
        case .takeAndClose(let farewell): .takeThenClose(farewell)
        }
    }
}
