internal import Mail
internal import SMTP

/// A whole client session: a server with arbitrary output, split anywhere, and an owner with arbitrary mail. Splitting
/// changes nothing except what may be pending after STARTTLS.
///
/// The octet 0xFE stands for a server that waits until the client has finished writing.
func fuzzClient(_ input: UnsafeRawBufferPointer) {
    var choices = Choices(input)
    let settings = ClientSettings(&choices)
    let lengths = (0..<4).map { _ in choices.octet() }
    let segments = choices.rest.split(separator: 0xFE)
    let whole = run(settings, segments.map { [$0] })
    let cut = run(settings, segments.map { Cuts.cut($0, lengths: lengths) })
    require(whole == cut, "the cut changed the session: \(whole) \(cut)")
}

private func run(_ settings: ClientSettings, _ segments: [[ArraySlice<UInt8>]]) -> [String] {
    var owner = ClientOwner(settings)
    for segment in segments where !owner.isOver { owner.take(segment) }
    owner.checkEnd()
    return owner.log
}

/// What a fuzzed client session wants, derived from the input's first octets.
struct ClientSettings {
    let security: ClientSecurity
    let transactions: [ClientTransaction]
    /// The owner's answers to challenges, and when it sends content.
    let answers: Bits

    init(_ choices: inout Choices) {
        let use = choices.one(of: ClientSecurity.TLSUse.allCases)
        var bits = choices.bits()
        security = ClientSecurity(tls: use, authenticates: bits.next(), authenticatesInClear: bits.next())
        let count = [1, 2, 3, 5][(bits.next() ? 1 : 0) + (bits.next() ? 2 : 0)]
        answers = choices.bits()
        transactions = (0..<count).map { Self.transaction($0, &choices) }
    }

    private static func transaction(_ token: Int, _ choices: inout Choices) -> ClientTransaction {
        var bits = choices.bits()
        var options = MessageOptions.none
        if bits.next() { options.usesUTF8 = true }
        if bits.next() { options.requiresTLS = true }
        if bits.next() { options.transferPriority = -4 }
        if bits.next() { options.envelopeID = "a+2Bb" }
        let body = BodyType.allCases[(bits.next() ? 1 : 0) + (bits.next() ? 1 : 0)]
        let name = bits.next() ? "jö@exämple.test" : "jo@example.test"
        let recipients = [name, "\"a b\"@[192.0.2.1]", "c@d"].prefix(bits.next() ? 3 : 1)
        return ClientTransaction(
            token: token, sender: EnvelopeAddress(Address(unchecked: "me@relay.test")),
            recipients: recipients.compactMap { EnvelopeAddress(Address(unchecked: $0)) }, body: body,
            size: ClientOwner.content.count, options: options,
            recipientOptions: recipients.map { _ in RecipientOptions(notify: .failure, originalRecipient: "rfc822;ä@b")
            })
    }
}
