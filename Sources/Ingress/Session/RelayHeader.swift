internal import Mail
internal import NIOCore

/// The header fields that the relay prepends to a message (RFC 5321 section 4.4, RFC 5322 section 3.6).
///
/// `Received` has no `for` clause: a client that sends one transaction per recipient would otherwise expose each of
/// them, and RFC 5321 section 7.6 warns of disclosing blind recipients.
struct RelayHeader {
    let id: String
    let hostname: String
    /// The client's name for itself.
    let clientName: String
    /// The client's IP address, without brackets.
    let clientAddress: String
    let transmission: TransmissionType
    let date: String

    /// Maximum octets shown of a client's name.
    private static let nameLimit = 255

    /// The Message-ID given to a message without one.
    var messageID: String { "<\(id)@\(hostname)>" }

    /// The fields in wire form; no line starts with a dot or exceeds 998 octets.
    func write(for scanner: HeaderScanner, allocator: ByteBufferAllocator) -> ByteBuffer {
        var buffer = allocator.buffer(capacity: 384)
        buffer.writeStaticString("X-Posthorse-ID: ")
        buffer.writeString(id)
        buffer.writeStaticString("\r\nReceived: from ")
        writeName(to: &buffer)
        buffer.writeStaticString(clientAddress.utf8.contains(UInt8(ascii: ":")) ? " ([IPv6:" : " ([")
        buffer.writeString(clientAddress)
        buffer.writeStaticString("])\r\n\tby ")
        buffer.writeString(hostname)
        buffer.writeStaticString(transmission.clause)
        buffer.writeString(id)
        buffer.writeStaticString(";\r\n\t")
        buffer.writeString(date)
        buffer.writeStaticString("\r\n")
        writeMissingFields(to: &buffer, scanner)
        return buffer
    }

    private func writeMissingFields(to buffer: inout ByteBuffer, _ scanner: HeaderScanner) {
        if !scanner.hasDate {
            buffer.writeStaticString("Date: ")
            buffer.writeString(date)
            buffer.writeStaticString("\r\n")
        }
        if !scanner.hasMessageID {
            buffer.writeStaticString("Message-ID: <")
            buffer.writeString(id)
            buffer.writeStaticString("@")
            buffer.writeString(hostname)
            buffer.writeStaticString(">\r\n")
        }
        if scanner.lacksHeader { buffer.writeStaticString("\r\n") }
    }

    /// Writes the name with a question mark for anything that could end or nest the clause.
    private func writeName(to buffer: inout ByteBuffer) {
        if clientName.isEmpty { buffer.writeStaticString("unknown") }
        for octet in clientName.utf8.prefix(Self.nameLimit) {
            buffer.writeInteger(Self.isHarmless(octet) ? octet : UInt8(ascii: "?"))
        }
    }

    private static func isHarmless(_ octet: UInt8) -> Bool {
        switch octet {
        case 0x30...0x3A, 0x41...0x5B, 0x5D, 0x5F, 0x61...0x7A, 0x2D, 0x2E: true
        default: false
        }
    }
}
