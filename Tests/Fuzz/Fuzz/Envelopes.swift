internal import Mail
internal import SMTP

/// Checks an accepted envelope: it can be written into commands again, and reads back unchanged.
func check(_ envelope: Envelope, offer: ServerOffer) {
    let options = envelope.options
    require(MessageOptions(parameters: options.parameters) == options, "the options of MAIL changed when written")
    require(isHarmless(options.parameters), "a control character got into the options of MAIL")
    require(!options.requiresTLS || offer.isEncrypted, "REQUIRETLS was taken in clear")
    let address = envelope.sender.description
    require(isHarmless(address), "a control character got into the sender")
    require(options.usesUTF8 || address.utf8.allSatisfy { $0 < 0x80 }, "a sender beyond ASCII came without SMTPUTF8")
    let parameters = options.parameters.isEmpty ? "" : " " + options.parameters
    let again = session(offer, saying: ["MAIL FROM:<\(address)> BODY=\(envelope.body.rawValue)\(parameters)"])
    require(again?.sender == envelope.sender, "the sender changed when it was written")
    require(again?.options == options && again?.body == envelope.body, "MAIL changed when it was written")
}

/// Checks the recipients of an envelope in the same way.
func checkRecipients(of envelope: Envelope, offer: ServerOffer) {
    require(!envelope.recipients.isEmpty, "there is no recipient")
    require(
        envelope.recipientOptions.isEmpty || envelope.recipientOptions.count == envelope.recipients.count,
        "some recipients have options and some have no place for them")
    let mail = envelope.options.usesUTF8 ? "MAIL FROM:<> SMTPUTF8" : "MAIL FROM:<>"
    for (index, recipient) in envelope.recipients.enumerated() {
        require(isHarmless(recipient.text), "a control character got into a recipient")
        let options = envelope.recipientOptions.isEmpty ? .none : envelope.recipientOptions[index]
        require(RecipientOptions(parameters: options.parameters) == options, "the options of RCPT changed")
        require(isHarmless(options.parameters), "a control character got into the options of RCPT")
        let parameters = options.parameters.isEmpty ? "" : " " + options.parameters
        let again = session(offer, saying: [mail, "RCPT TO:<\(recipient.text)>\(parameters)"])
        require(again?.recipients == [recipient], "a recipient changed when it was written")
        require((again?.recipientOptions.first ?? .none) == options, "RCPT changed when it was written")
    }
}

private func isHarmless(_ text: String) -> Bool {
    text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
}

/// The envelope of a new session that received these lines; nil if it refused one.
private func session(_ offer: ServerOffer, saying lines: [String]) -> Envelope? {
    var offer = offer
    offer.requiresAuthentication = false
    offer.requiresTLS = false
    var limits = ServerLimits(maxMessageSize: 1000, maxRecipients: 1, maxErrors: 0)
    limits.maxLineLength = 4096
    var session = ServerSession(limits: limits, offer: offer)
    for line in ["EHLO again"] + lines {
        let octets = Array("\(line)\r\n".utf8)
        let step = octets.withUnsafeBytes { session.advance($0) }
        require(step.consumed == octets.count, "a line that was written has more than one end")
        if step.action == .begin { _ = session.begin(refusal: nil) }
    }
    return session.isInTransaction ? session.envelope : nil
}
