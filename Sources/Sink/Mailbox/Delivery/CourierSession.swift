/// The client side of a session with the sink that has the mailboxes, without IO: lines in, octets out. One command at a
/// time; the session stays for the next message.
struct CourierSession {
    private enum State {
        /// Next: `greeted`.
        case connected
        /// After EHLO. Next: `ready`.
        case greeted
        case ready
        /// After MAIL. Next: `recipient`.
        case sender
        /// After the RCPT of the recipient at this index. Next: itself, `data`.
        case recipient(Int)
        /// After DATA. Next: `dot`.
        case data
        /// After the final dot. Next: `ready`.
        case dot
    }

    enum Action: Equatable {
        case send([UInt8])
        /// The message has arrived.
        case delivered
        /// The message will never arrive there.
        case refused(String)
        /// Close, and try again later.
        case fail(String)
        /// Wait for the next line, or the next message.
        case wait
    }

    private var state = State.connected
    private let name: String

    init(name: String) { self.name = name }

    var isReady: Bool { if case .ready = state { true } else { false } }

    /// Begins a message in a session that is ready.
    mutating func begin(_ mail: DeliveredMail) -> Action {
        state = .sender
        return .send(Self.line("MAIL FROM:<\(mail.sender)>"))
    }

    /// - Parameter mail: the next message to deliver; nil if there is none.
    mutating func received(_ line: String, _ mail: DeliveredMail?) -> Action {
        // The other lines of a reply say nothing here.
        guard line.dropFirst(3).first != "-" else { return .wait }
        guard let code = Int(line.prefix(3)) else { return .fail("it says \(line)") }
        switch (state, mail) {
        case (.connected, _):
            guard code == 220 else { return .fail("it says \(line)") }
            state = .greeted
            return .send(Self.line("EHLO \(name)"))
        case (.greeted, _):
            guard code == 250 else { return .fail("it says \(line)") }
            state = .ready
            return .wait
        case (_, let mail?): return answered(code, line, mail)
        case (_, nil): return .fail("it says \(line) to nothing")
        }
    }

    private mutating func answered(_ code: Int, _ line: String, _ mail: DeliveredMail) -> Action {
        guard code < 400 else { return code < 500 ? .fail("it says \(line)") : .refused(line) }
        switch state {
        case .connected, .greeted, .ready: return .fail("it says \(line) to nothing")
        case .sender: return recipient(0, mail)
        case .recipient(let index) where index + 1 < mail.recipients.count: return recipient(index + 1, mail)
        case .recipient:
            state = .data
            return .send(Self.line("DATA"))
        case .data:
            state = .dot
            return .send(mail.onWire)
        case .dot:
            state = .ready
            return .delivered
        }
    }

    private mutating func recipient(_ index: Int, _ mail: DeliveredMail) -> Action {
        state = .recipient(index)
        return .send(Self.line("RCPT TO:<\(mail.recipients[index])>"))
    }

    private static func line(_ text: String) -> [UInt8] { Array((text + "\r\n").utf8) }
}
