import Mail
import NIOCore
import SMTP

/// Plays a session: replies go in as text, commands and actions come out as text.
final class Play {
    var session: ClientSession
    private var out = ByteBuffer()
    private var parser = ReplyParser()
    private var inbound = ByteBuffer()
    /// The session's output, with its line ends.
    private(set) var transcript = ""

    init(_ security: ClientSecurity = .none, pipelines: Bool = true) {
        session = ClientSession(hostname: "relay.test", security: security, pipelines: pipelines)
    }

    var isIdle: Bool { session.isIdle }
    var isReady: Bool { session.isReady }
    var isEncrypted: Bool { session.isEncrypted }
    var capabilities: UpstreamCapabilities { session.capabilities }
    var hasRoom: Bool { session.hasRoom }
    var phase: ClientPhase { session.phase }
    var unfinished: [UnfinishedTransaction] { session.unfinished }

    /// The octets that are no complete reply yet.
    var unread: ByteBuffer { inbound }
    var isBehindGroup: Bool { session.isBehindGroup }
    var awaitsNoResult: Bool { session.awaitsNoResult }
    var settlingToken: Int? { session.settlingToken }

    func server(_ replies: String...) -> [String] {
        receive(replies.map { $0 + "\r\n" }.joined())
    }

    /// Octets from the server, split anywhere.
    func receive(_ octets: String) -> [String] {
        inbound.writeString(octets)
        var heard: [String] = []
        while let reply = try? parser.next(&inbound) {
            let action = session.replyReceived(reply, into: &out)
            heard += written()
            if let word = word(action) { heard.append(word) }
        }
        return heard
    }

    func tlsEstablished() -> [String] {
        session.tlsEstablished(into: &out)
        return written()
    }

    func authenticate(_ mechanism: String, _ initial: String? = nil) -> [String] {
        session.authenticate(mechanism: mechanism, initialResponse: initial.map { Array($0.utf8) }, into: &out)
        return written()
    }

    func respond(_ response: String?) -> [String] {
        session.respond(response.map { Array($0.utf8) }, into: &out)
        return written()
    }

    func start(
        _ token: Int, to recipients: [String] = ["a@x"], body: BodyType = .sevenBit, options: MessageOptions = .none,
        recipientOptions: [RecipientOptions] = [], size: Int = 42
    ) -> [String] {
        let transaction = ClientTransaction(
            token: token, sender: EnvelopeAddress(Address(unchecked: "s@x")),
            recipients: recipients.compactMap { EnvelopeAddress(Address(unchecked: $0)) }, body: body, size: size,
            options: options, recipientOptions: recipientOptions)
        session.startTransaction(transaction, into: &out)
        return written()
    }

    func content() -> [String] {
        session.finishContent(into: &out)
        return written()
    }

    private func written() -> [String] {
        let text = out.readString(length: out.readableBytes) ?? ""
        transcript += text
        return text.split(separator: "\r\n").map(String.init)
    }

    private func word(_ action: ClientSession.ReplyAction) -> String? {
        switch action {
        case .none: nil
        case .ready: "(ready)"
        case .startTLS: session.mayUpgrade(unprocessed: inbound.readableBytes) ? "(upgrade)" : "(injection)"
        case .authenticate: "(authenticate)"
        case .loginRefused(let reply): "(login refused: \(reply.code))"
        case .challenge(let challenge): "(challenge \(String(decoding: challenge, as: UTF8.self)))"
        case .sendContent(let token): "(send \(token))"
        case .finished(let result): "(finished \(Self.describe(result)))"
        case .finishedAndClosing(let result, _): "(finished \(Self.describe(result)), closing)"
        case .refused(let phase, let reply): "(refused at \(phase.rawValue): \(reply.code))"
        case .unavailable(let phase, let reason): "(unavailable at \(phase.rawValue): \(reason))"
        case .outOfStep(let phase, let reply): "(out of step at \(phase.rawValue): \(reply.code))"
        case .confused(let phase, let reply): "(confused at \(phase.rawValue): \(reply.code))"
        case .goodbye: "(goodbye)"
        }
    }

    private static func describe(_ result: TransactionResult) -> String {
        var words = ["\(result.token)"]
        if let reply = result.mailRefusal { words.append("mail \(reply.code)") }
        words += result.recipientRefusals.map { "rcpt \($0.recipient) \($0.reply.code)" }
        if let reply = result.dataRefusal { words.append("data \(reply.code)") }
        if let reply = result.dotReply { words.append("\(result.isCutShort ? "content" : "dot") \(reply.code)") }
        return words.joined(separator: " ")
    }
}
