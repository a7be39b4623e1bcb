internal import SMTP

/// A whole session: arbitrary octets, from each phase, split anywhere, with arbitrary answers of the owner. Splitting
/// changes nothing.
///
/// The octet 0xFE, which is invalid in UTF-8, stands for a client that waits for the reply and, under STARTTLS, for the
/// handshake.
func fuzzServer(_ input: UnsafeRawBufferPointer) {
    var choices = Choices(input)
    let settings = ServerSettings(&choices)
    let prelude = choices.one(of: ServerPrelude.allCases)
    let (answers, logins) = (choices.bits(), choices.bits())
    let lengths = (0..<4).map { _ in choices.octet() }
    let segments = choices.rest.split(separator: 0xFE)
    let whole = run(settings, prelude, answers, logins, segments.map { [$0] })
    let cut = run(settings, prelude, answers, logins, segments.map { Cuts.cut($0, lengths: lengths) })
    require(whole == cut, "the cut changed the session: \(whole) \(cut)")
}

private func run(
    _ settings: ServerSettings, _ prelude: ServerPrelude, _ answers: Bits, _ logins: Bits,
    _ segments: [[ArraySlice<UInt8>]]
) -> [String] {
    var owner = ServerOwner(settings, answers: answers, logins: logins)
    owner.take([Array(prelude.text.utf8)[...]])
    for segment in segments where !owner.isOver { owner.take(segment) }
    return owner.log
}

/// What the client has sent before the input begins; if the offer does not permit the phase, it is an earlier one.
private enum ServerPrelude: CaseIterable {
    case start, ready, mail, recipients, chunks, data, chunk, exchange

    var text: String {
        switch self {
        case .start: ""
        case .ready: "EHLO client\r\n"
        case .mail: Self.ready.text + "MAIL FROM:<a@b>\r\n"
        case .recipients: Self.mail.text + "RCPT TO:<c@d>\r\n"
        case .chunks: Self.recipients.text + "BDAT 5\r\nabc\r\n"
        case .data: Self.recipients.text + "DATA\r\n"
        case .chunk: Self.recipients.text + "BDAT 20 LAST\r\nabc"
        case .exchange: Self.ready.text + "AUTH LOGIN\r\n"
        }
    }
}
