package import Mail
internal import SMTP

/// Sender and recipients of a message that comes by the API, as text; the session checks what the addresses mean.
package struct SubmittedEnvelope: Hashable, Sendable {
    /// Empty for the null sender.
    let sender: String
    let recipients: [String]

    /// An address that is none: nothing else may stand between the angle brackets of a command.
    package struct Malformed: Error, Hashable, Sendable {
        package let address: String
        package let isSender: Bool

        /// What SMTP says to it.
        package var reply: Reply {
            isSender
                ? Reply(501, EnhancedStatusCode(5, 1, 7), "Bad syntax of the sender address")
                : Reply(501, EnhancedStatusCode(5, 1, 3), "Bad syntax of the recipient address")
        }
    }

    /// - Parameters:
    ///   - sender: with or without angle brackets.
    ///   - recipients: the same.
    package init(sender: String, recipients: [String]) throws(Malformed) {
        self.sender = Self.bare(sender)
        self.recipients = recipients.map(Self.bare)
        guard Self.isPath(self.sender) else { throw Malformed(address: sender, isSender: true) }
        for (text, recipient) in zip(recipients, self.recipients) where recipient.isEmpty || !Self.isPath(recipient) {
            throw Malformed(address: text, isSender: false)
        }
    }

    private static func bare(_ text: String) -> String {
        text.hasPrefix("<") && text.hasSuffix(">") ? String(text.dropFirst().dropLast()) : text
    }

    private static func isPath(_ text: String) -> Bool {
        text.utf8.count <= 1000 && text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
            && EnvelopePath.parse("<\(text)>") != nil
    }

    /// The commands up to the content, in wire form.
    ///
    /// - Parameters:
    ///   - client: an address literal.
    ///   - size: octets of the message, if known.
    func commands(client: String, size: Int?) -> String {
        let isInternational = !(sender + recipients.joined()).utf8.allSatisfy { $0 < 0x80 }
        let parameters = (size.map { " SIZE=\($0)" } ?? "") + (isInternational ? " SMTPUTF8" : "")
        let paths = recipients.map { "RCPT TO:<\($0)>\r\n" }
        return "EHLO \(client)\r\nMAIL FROM:<\(sender)> BODY=8BITMIME\(parameters)\r\n" + paths.joined()
    }
}
