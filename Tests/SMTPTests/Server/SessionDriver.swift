import Mail
import NIOCore

@testable import SMTP

/// Runs a server session on text and logs its actions, like an owner that accepts everything.
struct SessionDriver: ~Copyable {
    var session: ServerSession
    private(set) var log: [String] = []
    /// Content in wire form.
    private(set) var content = ""
    /// The content of each message, in wire form.
    private(set) var messages: [String] = []
    private var held: [UInt8] = []

    private var stuffer = DotStuffer()

    static let limits = ServerLimits(maxMessageSize: 1000, maxRecipients: 3, maxErrors: 5)

    /// - Parameter offer: modifies the offer, which by default has every transaction extension.
    init(limits: ServerLimits = limits, _ offer: (inout ServerOffer) -> Void = { _ in }) {
        session = ServerSession(limits: limits, offer: Self.offer(offer))
    }

    static func offer(_ change: (inout ServerOffer) -> Void = { _ in }) -> ServerOffer {
        var offer = ServerOffer()
        offer.binaryMIME = true
        offer.utf8 = true
        offer.dsn = true
        offer.transferPriority = true
        offer.futureRelease = true
        change(&offer)
        return offer
    }

    /// Recipients that the owner refuses if it is asked.
    var refused: Set<String> = []

    var heldOctets: Int { held.count }

    mutating func send(_ text: String) {
        send(Array(text.utf8))
    }

    mutating func send(_ bytes: [UInt8]) {
        held += bytes
        while true {
            let step = held.withUnsafeBytes { session.advance($0) }
            keep(step)
            held.removeFirst(step.consumed)
            if step.action == .wait { return }
            run(step.action)
        }
    }

    private mutating func keep(_ step: ServerStep) {
        let part = Array(held[..<step.consumed])
        switch step.action {
        case .content: content += String(decoding: part, as: UTF8.self)
        case .chunk:
            var wire = ByteBuffer()
            part.withUnsafeBytes { stuffer.stuff($0, into: &wire) }
            content += String(buffer: wire)
        default: break
        }
    }

    private mutating func run(_ action: ServerAction) {
        switch action {
        case .wait, .proceed, .content, .chunk: break
        case .reply(let reply): log.append(reply.text)
        case .greet(let extended):
            forget()
            log.append("\(extended ? "EHLO" : "HELO") \(session.clientName)")
        case .begin: log.append(session.begin(refusal: nil).text)
        case .recipient: decide(session.envelope.recipients.last?.text ?? "-")
        case .chunkTaken(let octets): log.append("\(ServerReply.chunkTaken(octets).dropLast())")
        case .message:
            if session.lacksLineEnd { content += "\r\n" }
            log.append("message of \(session.contentSize) for \(session.envelope.recipients.count)")
            messages.append(content)
            forget()
            session.finish(accepted: true)
        case .discard(let reply):
            forget()
            log.append("discard " + reply.text)
        case .startTLS: log.append(session.answerStartTLS(available: true).text)
        case .authenticate:
            log.append(
                "auth \(session.mechanism) \(session.response.map { String(decoding: $0, as: UTF8.self) } ?? "-")")
        case .authenticationResponse:
            log.append("response \(session.response.map { String(decoding: $0, as: UTF8.self) } ?? "-")")
        case .authenticationEnded(let reply): log.append("ended " + reply.text)
        case .close(let reply): log.append("close " + reply.text)
        }
    }

    private mutating func decide(_ recipient: String) {
        guard refused.contains(recipient) else { return log.append(ServerReply.recipientAccepted.text) }
        session.withdrawRecipient()
        log.append("refused \(recipient)")
    }

    private mutating func forget() {
        content = ""
        stuffer = DotStuffer()
    }

    /// What was logged since the last call.
    mutating func take() -> [String] {
        defer { log = [] }
        return log
    }
}
