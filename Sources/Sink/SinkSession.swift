import Mail

/// The server side of one SMTP session of the sink, without IO (RFC 5321 section 4.1.4).
///
/// Events go in with the fault that has been chosen for them; an action comes out, and the caller does just that.
struct SinkSession {
    private enum State {
        /// Before EHLO or HELO. Next: `ready`.
        case fresh
        /// Between transactions. Next: `transaction`.
        case ready
        /// After MAIL. Next: `content` with a recipient, `ready` by RSET.
        case transaction
        /// After DATA, until the final dot. Next: `ready`.
        case content
    }

    enum Action: Equatable {
        case reply(SinkReply)
        case replyThenClose(SinkReply)
        /// 354; what follows is content.
        case beginContent
        /// Go on reading; nothing is to be answered.
        case proceed
        /// The message is complete: count it in and answer with its number.
        case take
        /// The same, but close without an answer.
        case takeThenDrop
        case drop
        /// Close with a reset.
        case reset
        case hang
    }

    private var state = State.fresh
    private(set) var sender = ""
    private(set) var recipients: [String] = []
    private(set) var badCommands = 0
    private let offersEightBitMIME: Bool

    init(offersEightBitMIME: Bool) {
        self.offersEightBitMIME = offersEightBitMIME
    }

    /// Whether the next octets are content.
    var expectsContent: Bool { state == .content }

    func connected(_ fault: SinkFault.Kind?) -> Action {
        switch fault {
        case .none: .proceed
        case .fail: .replyThenClose(.fault)
        case .hang: .hang
        case .drop, .takeAndDrop: .reset
        }
    }

    func greetingDue(_ fault: SinkFault.Kind?) -> Action {
        Self.action(for: fault) ?? .reply(.greeting)
    }

    mutating func commandReceived(_ command: ClientCommand, _ fault: SinkFault.Kind?) -> Action {
        if let action = Self.action(for: fault) { return action }
        switch (command, state) {
        case (.ehlo, .fresh), (.ehlo, .ready), (.ehlo, .transaction): return greeted(.extensions)
        case (.helo, .fresh), (.helo, .ready), (.helo, .transaction): return greeted(.name)
        case (.mail(let sender, let parameters), .ready): return begin(sender, parameters)
        case (.rcpt(let recipient), .transaction):
            recipients.append(recipient)
            return .reply(.recipientOK)
        case (.data, .transaction):
            guard !recipients.isEmpty else { return .reply(.noRecipients) }
            state = .content
            return .beginContent
        case (.rset, .fresh), (.noop, .fresh), (.noop, .ready), (.noop, .transaction): return .reply(.ok)
        case (.rset, .ready), (.rset, .transaction):
            endTransaction()
            return .reply(.ok)
        case (.quit, .fresh), (.quit, .ready), (.quit, .transaction): return .replyThenClose(.bye)
        case (.unknown, _), (_, .content), (.mail, _), (.rcpt, _), (.data, _):
            badCommands += 1
            return .reply(command == .unknown ? .unknownCommand : .badSequence)
        }
    }

    /// The first octets of the content have arrived.
    func contentBegan(_ fault: SinkFault.Kind?) -> Action {
        Self.action(for: fault) ?? .proceed
    }

    mutating func contentEnded(_ fault: SinkFault.Kind?) -> Action {
        state = .ready
        return Self.action(for: fault) ?? .take
    }

    /// Forgets sender and recipients; called once the message has been counted in or refused.
    mutating func endTransaction() {
        if state == .transaction { state = .ready }
        sender = ""
        recipients.removeAll(keepingCapacity: true)
    }

    private mutating func greeted(_ reply: SinkReply) -> Action {
        endTransaction()
        state = .ready
        return .reply(reply)
    }

    private mutating func begin(_ sender: String, _ parameters: String) -> Action {
        if !offersEightBitMIME, parameters.uppercased().contains("BODY=") {
            badCommands += 1
            return .reply(.unknownParameter)
        }
        self.sender = sender
        state = .transaction
        return .reply(.senderOK)
    }

    private static func action(for fault: SinkFault.Kind?) -> Action? {
        switch fault {
        case .none: nil
        case .fail: .reply(.fault)
        case .hang: .hang
        case .drop: .drop
        case .takeAndDrop: .takeThenDrop
        }
    }
}
