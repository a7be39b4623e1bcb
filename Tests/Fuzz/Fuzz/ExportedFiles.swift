@testable internal import Admin
@testable internal import Files
internal import Mail
internal import NIOCore

/// An exported file is taken or refused alike at every split, and whatever is taken has recipients and a whole message.
func fuzzEnvelope(_ input: UnsafeRawBufferPointer) {
    let cuts = Cuts(input)
    let (whole, parts) = (Imported([cuts.whole[...]]), Imported(cuts.parts))
    require(whole == parts, "the file depends on how it was cut")
    guard whole.isTaken else { return }
    require(whole.envelope?.recipients.isEmpty == false, "a message without recipients was taken")
    // Binary content has no lines (RFC 3030 section 3).
    guard whole.envelope?.body != .binaryMIME else { return }
    require(whole.content.suffix(2) == [0x0D, 0x0A], "a message without an end was taken")
    require(!hasBareLineEnd(whole.content), "a bare line end was taken")
}

/// What comes of a file.
private struct Imported: Equatable {
    var envelope: ExportedEnvelope?
    var content: [UInt8] = []
    var isTaken = false

    init(_ parts: [ArraySlice<UInt8>]) {
        var message = ImportedMessage()
        do throws(AdminError) {
            for part in parts {
                try message.take(ByteBuffer(bytes: part))
                content += message.takePart().readableBytesView
            }
            try message.end()
            content += message.takePart().readableBytesView
            (envelope, isTaken) = (message.envelope, true)
        } catch {
            require(!error.message.isEmpty, "a file is refused without a reason")
            content = []
        }
    }
}

/// Messages come out of an mbox as they went in, and any file is cut into messages alike at every split.
func fuzzMbox(_ input: UnsafeRawBufferPointer) {
    let cuts = Cuts(input)
    require(split(cuts.parts) == split([cuts.whole[...]]), "the messages depend on how the file was cut")
    var quoting = Mbox.Quoting()
    var file = Array("From somebody\n".utf8)
    for part in cuts.parts { file += quoting.quote(part) }
    file += quoting.finish() + [0x0A]
    let (whole, second) = (cuts.whole, Array("From nobody\nA: b\r\n\n".utf8))
    let endsLine = whole.isEmpty || whole.last == 0x0A
    require(!endsLine || split([(file + second)[...]]) == [whole, Array("A: b\r\n".utf8)], "a message changed")
}

private func split(_ parts: [ArraySlice<UInt8>]) -> [[UInt8]] {
    var splitting = Mbox.Splitting()
    return parts.flatMap { splitting.take(ByteBuffer(bytes: $0)) } + splitting.finish()
}
