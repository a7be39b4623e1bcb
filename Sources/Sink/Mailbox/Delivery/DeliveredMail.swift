internal import Mail

/// A message on its way from a sink to mailboxes.
struct DeliveredMail: Sendable {
    let sender: String
    let recipients: [String]
    let content: [UInt8]

    /// The message as the next host gets it: with a field `Received` (RFC 5321 section 4.4), and marked if it is junk.
    ///
    /// - Parameters:
    ///   - kept: the content, perhaps cut.
    ///   - name: of this sink.
    init(_ message: SinkMessage, _ kept: [UInt8], by name: String, isJunk: Bool) {
        sender = message.sender
        recipients = message.recipients
        var dates = MailDate()
        let date = dates.text(of: Timestamp(milliseconds: message.takenAt / 1000))
        let junk = isJunk ? "X-Spam-Flag: YES\r\n" : ""
        let received =
            "Received: from [\(message.client ?? "unknown")]\r\n\tby \(name) with ESMTP id \(message.number);\r\n\t\(date)\r\n"
        let end: [UInt8] = kept.suffix(2) == [13, 10] ? [] : [13, 10]
        content = Array((junk + received).utf8) + kept + end
    }

    /// As a mailbox has it (RFC 5321 section 4.4).
    var inMailbox: [UInt8] { Array("Return-Path: <\(sender)>\r\n".utf8) + content }

    /// As it goes over the wire: dots stuffed, and the final one (RFC 5321 section 4.5.2).
    var onWire: [UInt8] {
        var wire: [UInt8] = []
        wire.reserveCapacity(content.count + 16)
        var isLineStart = true
        for octet in content {
            if isLineStart, octet == UInt8(ascii: ".") { wire.append(octet) }
            wire.append(octet)
            isLineStart = octet == 10
        }
        return wire + Array(".\r\n".utf8)
    }
}
