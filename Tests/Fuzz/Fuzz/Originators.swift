@testable internal import Mail

/// What is found in `From` fields does not depend on how they arrive, lies within them, and is read again as it was (RFC
/// 5322 section 3.4). The bit behind the cuts says whether the content is dot-stuffed.
func fuzzFrom(_ input: UnsafeRawBufferPointer) {
    guard let first = input.first else { return }
    let cuts = Cuts(UnsafeRawBufferPointer(rebasing: input.dropFirst()))
    let isStuffed = first & 1 == 1
    let bodies = fromBodies(cuts.parts.map(Array.init), isStuffed)
    require(bodies == fromBodies([cuts.whole], isStuffed), "fields depend on how they are split")
    for body in bodies + [cuts.whole] { check(body) }
}

private func fromBodies(_ parts: [[UInt8]], _ isStuffed: Bool) -> [[UInt8]] {
    var fields = FromFields()
    for part in parts { part.withUnsafeBytes { fields.scan($0, isStuffed: isStuffed) } }
    fields.finish()
    require(fields.bodies.reduce(0) { $0 + $1.count } <= FromFields.limit, "fields take more than their limit")
    return fields.bodies
}

private func check(_ body: [UInt8]) {
    guard let list = MailboxList(body) else { return }
    require(list.mailboxes.count <= body.count { $0 == UInt8(ascii: "@") }, "there are more addresses than signs")
    var end = 0
    for mailbox in list.mailboxes {
        require(mailbox.range.lowerBound >= end && mailbox.range.upperBound <= body.count, "an address is misplaced")
        end = mailbox.range.upperBound
        require(mailbox.address.utf8.allSatisfy { $0 >= 0x20 || $0 == 0x09 }, "an address has a control character")
        let again = MailboxList(Array("<\(mailbox.address)>".utf8))
        require(again?.mailboxes.map(\.address) == [mailbox.address], "an address is not read as it was written")
    }
}
