package import NIOCore

extension ByteBuffer {
    /// Appends a message as a line of JSON with its end, like ``AdminJSON/line(_:)`` but for listings of a million.
    package mutating func write(_ message: MessageDocument) {
        write(name: "{\"class\":", message.failureClass)
        write(name: ",\"hold_reason\":", message.holdReason)
        write(name: ",\"message_id\":", message.messageID)
        write(name: ",\"priority\":", message.priority)
        write(name: ",\"probe\":", message.probe)
        write(name: ",\"queue_id\":", message.queueID)
        write(name: ",\"received_at\":", message.receivedAt)
        writeStaticString(",\"recipients\":[")
        for (index, recipient) in message.recipients.enumerated() {
            if index > 0 { writeStaticString(",") }
            write(recipient)
        }
        write(name: "],\"route\":", message.route)
        write(name: ",\"sender\":", message.sender)
        write(name: ",\"size\":", number: message.size)
        write(name: ",\"state\":", message.state)
        write(name: ",\"stream\":", message.stream)
        write(name: ",\"user\":", message.user)
        writeStaticString("}\n")
    }

    private mutating func write(_ recipient: RecipientDocument) {
        write(name: "{\"address\":", recipient.address)
        write(name: ",\"attempts\":", number: recipient.attempts)
        write(name: ",\"class\":", recipient.failureClass)
        write(name: ",\"hold_reason\":", recipient.holdReason)
        write(name: ",\"last_reply\":", recipient.lastReply)
        write(name: ",\"next_attempt_at\":", recipient.nextAttemptAt)
        write(name: ",\"route\":", recipient.route)
        write(name: ",\"state\":", recipient.state)
        write(name: ",\"upstream\":", recipient.upstream)
        write(name: ",\"waits_for\":", recipient.waitsFor)
        writeStaticString("}")
    }

    private mutating func write(name: StaticString, number: Int) {
        writeStaticString(name)
        writeString(String(number))
    }

    private mutating func write(name: StaticString, _ text: String?) {
        writeStaticString(name)
        guard let text else { return _ = writeStaticString("null") }
        writeStaticString("\"")
        if text.utf8.allSatisfy(Self.isPlain) { writeString(text) } else { write(escaping: text) }
        writeStaticString("\"")
    }

    /// Whether a string of JSON has it as it is.
    private static func isPlain(_ octet: UInt8) -> Bool {
        octet >= 0x20 && octet != UInt8(ascii: "\"") && octet != UInt8(ascii: "\\")
    }

    private mutating func write(escaping text: String) {
        for octet in text.utf8 {
            guard !Self.isPlain(octet) else {
                writeInteger(octet)
                continue
            }
            writeStaticString("\\")
            if octet >= 0x20 {
                writeInteger(octet)
            } else {
                writeString("u00" + (octet < 16 ? "0" : "") + String(octet, radix: 16))
            }
        }
    }
}
