internal import Mail
internal import NIOCore

/// Writes MAIL and RCPT with only the parameters that the server supports.
struct EnvelopeWriter {
    let capabilities: UpstreamCapabilities

    func writeMail(_ transaction: ClientTransaction, into out: inout ByteBuffer) {
        out.writeStaticString("MAIL FROM:<")
        if let sender = transaction.sender { out.writeString(sender.text) }
        out.writeStaticString(">")
        if capabilities.size, transaction.announcesSize {
            out.writeStaticString(" SIZE=")
            out.writeString(String(transaction.size))
        }
        writeBody(transaction.body, into: &out)
        if capabilities.smtpUTF8, transaction.options.usesUTF8 || transaction.hasInternationalAddress {
            // RFC 6531 section 3.4.
            out.writeStaticString(" SMTPUTF8")
        }
        if transaction.options != .none { writeOptions(transaction.options, into: &out) }
        out.writeStaticString("\r\n")
    }

    private func writeBody(_ body: BodyType, into out: inout ByteBuffer) {
        switch body {
        case .sevenBit: break
        case .eightBitMIME:
            if capabilities.eightBitMIME { out.writeStaticString(" BODY=8BITMIME") }
        case .binaryMIME: out.writeStaticString(" BODY=BINARYMIME")
        }
    }

    private func writeOptions(_ options: MessageOptions, into out: inout ByteBuffer) {
        if capabilities.requireTLS, options.requiresTLS {
            // RFC 8689 section 4.2.1.
            out.writeStaticString(" REQUIRETLS")
        }
        if capabilities.transferPriority, let priority = options.transferPriority {
            // RFC 6710 section 4.1.
            out.writeStaticString(" MT-PRIORITY=")
            out.writeString(String(priority))
        }
        guard capabilities.dsn else { return }
        // RFC 3461 section 5.2.1: passed on unchanged.
        if let content = options.returnContent {
            out.writeStaticString(" RET=")
            out.writeString(content.rawValue)
        }
        if let id = options.envelopeID, Self.isValue(id) {
            out.writeStaticString(" ENVID=")
            out.writeString(id)
        }
    }

    func writeRecipient(_ index: Int, of transaction: ClientTransaction, into out: inout ByteBuffer) {
        out.writeStaticString("RCPT TO:<")
        out.writeString(transaction.recipients[index].text)
        out.writeStaticString(">")
        if capabilities.dsn, !transaction.recipientOptions.isEmpty {
            writeOptions(transaction.recipientOptions[index], into: &out)
        }
        out.writeStaticString("\r\n")
    }

    /// RFC 3461 section 5.2.1.
    private func writeOptions(_ options: RecipientOptions, into out: inout ByteBuffer) {
        if let notify = options.notify {
            out.writeStaticString(" NOTIFY=")
            out.writeString(notify.text)
        }
        if let original = options.originalRecipient, isOriginalRecipient(original) {
            out.writeStaticString(" ORCPT=")
            out.writeString(original)
        }
    }

    /// A type and an address; raw UTF-8 goes only to servers with SMTPUTF8 (RFC 6533 section 3).
    private func isOriginalRecipient(_ text: String) -> Bool {
        text.utf8.allSatisfy { $0.isParameterValue || ($0 >= 0x80 && capabilities.smtpUTF8) }
    }

    private static func isValue(_ text: String) -> Bool {
        text.utf8.allSatisfy(\.isParameterValue)
    }
}
