import Mail

@testable import SMTP

/// Runs a server session on text and writes down what it does, as an owner that accepts everything would.
struct SessionDriver: ~Copyable {
    var session: ServerSession
    private(set) var log: [String] = []
    private(set) var content = ""
    private var held: [UInt8] = []

    init(limits: ServerLimits = ServerLimits(maxMessageSize: 1000, maxRecipients: 3, maxErrors: 5)) {
        session = ServerSession(limits: limits)
    }

    var heldOctets: Int { held.count }

    mutating func send(_ text: String) {
        send(Array(text.utf8))
    }

    mutating func send(_ bytes: [UInt8]) {
        held += bytes
        while true {
            let step = held.withUnsafeBytes { session.advance($0) }
            if step.action == .content { content += String(decoding: held[..<step.consumed], as: UTF8.self) }
            held.removeFirst(step.consumed)
            switch step.action {
            case .wait: return
            case .content: break
            case .reply(let reply): log.append(reply.text)
            case .greet(let extended): log.append("\(extended ? "EHLO" : "HELO") \(session.clientName)")
            case .begin: log.append(session.begin(refusal: nil).text)
            case .message:
                log.append("message of \(session.contentSize) for \(session.envelope.recipients.count)")
                session.finish(accepted: true)
            case .discard(let reply):
                content = ""
                log.append("discard " + reply.text)
            case .close(let reply): log.append("close " + reply.text)
            }
        }
    }

    /// What was logged since the last call.
    mutating func take() -> [String] {
        defer { log = [] }
        return log
    }
}
