package import Mail

/// A probe as a message (RFC 5322): 7 bit, short, and plain about what it is to whoever comes upon it.
///
/// `Auto-Submitted: auto-generated` (RFC 3834 section 5) and `X-Auto-Response-Suppress` keep vacation notices away.
package struct ProbeMessage: Hashable, Sendable {
    /// A line is folded before it exceeds this (RFC 5322 section 2.1.1 recommends 78).
    private static let width = 76

    package let sender: Address
    package let recipient: Address
    /// With its angle brackets.
    package let messageID: String
    /// Header and body, lines ended by CRLF; no line begins with a dot, so it is its own wire form.
    package let octets: [UInt8]

    /// - Parameters:
    ///   - sender: for the envelope and `From`.
    ///   - hostname: of the relay, for the Message-ID and the text.
    /// - Returns: nil if an address or the name of the host cannot stand in a header of 7 bits, or the key cannot be
    ///   used.
    package init?(_ token: ProbeToken, key: ProbeKey, sender: Address, recipient: Address, hostname: String) {
        guard let word = token.text(key), HeaderMailbox.isPlain(sender), HeaderMailbox.isPlain(recipient),
            HeaderMailbox.isHost(hostname)
        else { return nil }
        self.sender = sender
        self.recipient = recipient
        messageID = "<\(word)@\(hostname)>"
        var dates = MailDate()
        let header = [
            "Date: \(dates.text(of: token.sentAt))",
            "From: \(sender)",
            "To: \(recipient)",
            "Subject: Test of mail delivery, number \(token.number)",
            "Message-ID: \(messageID)",
            "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=us-ascii",
            "Content-Transfer-Encoding: 7bit",
            "Auto-Submitted: auto-generated",
            "X-Auto-Response-Suppress: All",
            "\(ProbeToken.fieldName): \(word)",
        ]
        let lines = header + [""] + Self.body(token, hostname)
        octets = Array(lines.flatMap { $0.utf8 + [0x0D, 0x0A] })
    }

    private static func body(_ token: ProbeToken, _ hostname: String) -> [String] {
        let text = [
            "This message tests whether mail arrives. The mail relay \(hostname) sends one at regular intervals, looks "
                + "for it in this mailbox, and deletes it once it has seen it. It measures whether mail arrives, how "
                + "long that takes, and in which folder it ends up.",
            "There is nothing you have to do, and nobody reads replies. If you see many of these messages, and did not "
                + "expect any, tell the postmaster of \(hostname).",
        ]
        let facts = [
            "Round trip: \(plain(token.path.trip))",
            "Through: \(token.path.upstream.map(plain) ?? "as routed")",
            "Sent at: \(token.sentAt.rfc3339)",
            "Number: \(token.number)",
        ]
        return text.flatMap { wrapped($0) + [""] } + facts
    }

    private static func wrapped(_ text: String) -> [String] {
        text.split(separator: " ").reduce(into: []) { lines, word in
            if let last = lines.last, last.utf8.count + 1 + word.utf8.count <= width {
                lines[lines.count - 1] = "\(last) \(word)"
            } else {
                lines.append(String(word))
            }
        }
    }

    /// On one line, and in ASCII.
    private static func plain(_ name: String) -> String {
        String(String.UnicodeScalarView(name.unicodeScalars.map { 0x20..<0x7F ~= $0.value ? $0 : "?" }))
    }
}
