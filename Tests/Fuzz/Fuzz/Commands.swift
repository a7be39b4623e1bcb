internal import Mail
internal import SMTP

/// One command with arbitrary arguments, in a session that allows it: whatever is accepted can be written again.
func fuzzCommand(_ input: UnsafeRawBufferPointer) {
    var choices = Choices(input)
    let settings = ServerSettings(&choices)
    let kind = choices.one(of: CommandKind.allCases)
    let arguments = choices.rest.filter { $0 != 0x0A }
    var session = ServerSession(limits: settings.limits, offer: settings.clear)
    for line in kind.prelude(settings.clear) { say(line, to: &session) }
    let line = Array(kind.start.utf8) + arguments + [0x0D, 0x0A]
    let step = line.withUnsafeBytes { session.advance($0) }
    require(step.consumed <= line.count, "more was consumed than there is")
    check(step.action, of: &session, line: line, offer: settings.clear)
}

private enum CommandKind: CaseIterable {
    case mail, recipient, verify, authenticate, chunk, greeting, any

    var start: String {
        switch self {
        case .mail: "MAIL FROM:"
        case .recipient: "RCPT TO:"
        case .verify: "VRFY "
        case .authenticate: "AUTH "
        case .chunk: "BDAT "
        case .greeting: "EHLO "
        case .any: ""
        }
    }

    func prelude(_ offer: ServerOffer) -> [String] {
        switch self {
        case .greeting, .any: []
        case .mail, .verify, .authenticate: ["EHLO client"]
        case .recipient: ["EHLO client", offer.utf8 ? "MAIL FROM:<> SMTPUTF8" : "MAIL FROM:<>"]
        case .chunk: ["EHLO client", "MAIL FROM:<>", "RCPT TO:<a@b>"]
        }
    }
}

private func say(_ line: String, to session: inout ServerSession) {
    let step = Array("\(line)\r\n".utf8).withUnsafeBytes { session.advance($0) }
    if step.action == .begin { _ = session.begin(refusal: nil) }
}

private func check(_ action: ServerAction, of session: inout ServerSession, line: [UInt8], offer: ServerOffer) {
    switch action {
    case .begin: check(session.envelope, offer: offer)
    case .recipient: require(session.asksAboutRecipients, "a session asks that is not to")
    case .reply(.recipientAccepted): checkRecipients(of: session.envelope, offer: offer)
    case .authenticate:
        require(offer.mechanisms.contains(session.mechanism), "a mechanism was taken that was not offered")
        guard let response = session.response else { return }
        let text = response.isEmpty ? "=" : Base64.encode(response)
        let words = line.dropLast(2).split(separator: 0x20)
        require(words.last.map { $0.elementsEqual(text.utf8) } == true, "a response was read in two ways")
    case .greet:
        let name = session.clientName.utf8
        require(!name.isEmpty && name.count <= 255, "a name is empty, or has no end")
        require(name.allSatisfy { (0x20...0x7E).contains($0) }, "a name is not plain text")
    case .reply(let reply), .close(let reply), .discard(let reply), .authenticationEnded(let reply): check(reply)
    case .wait, .proceed, .content, .chunk, .chunkTaken, .message, .startTLS, .authenticationResponse: break
    }
}

/// Every reply is one line with its end (RFC 5321 section 4.2, at most 512 octets as section 4.5.3.1.5 has it).
func check(_ reply: ServerReply) {
    let wire = reply.wire.withUTF8Buffer { Array($0) }
    require(wire.count <= 512 && wire.suffix(2) == [0x0D, 0x0A], "a reply is no line")
    require(wire.dropLast(2).allSatisfy { (0x20...0x7E).contains($0) }, "a reply is not plain text")
}
