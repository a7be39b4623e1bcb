internal import Mail

/// A reply in the form the built-in rules examine.
struct ReplySubject {
    /// Number of octets of a reply's text that are examined.
    static let limit = 1024

    let code: UInt16
    let status: EnhancedStatusCode?
    let phase: OutcomePhase
    /// At RCPT, whether the transaction already has a recipient.
    let hasRecipients: Bool
    let session: SessionStanding
    /// The text on one line, in lower case, without addresses, which are the sender's words and not the server's.
    let text: [UInt8]

    init(_ reply: Reply, at phase: OutcomePhase, hasRecipients: Bool = false, session: SessionStanding = .new) {
        self.session = session
        self.hasRecipients = hasRecipients
        self.code = reply.code
        self.status = reply.enhancedCode
        self.phase = phase
        self.text = Self.words(of: reply)
    }

    private static func words(of reply: Reply) -> [UInt8] {
        var octets: [UInt8] = []
        for line in reply.lines where octets.count < limit {
            octets.append(contentsOf: line.utf8.prefix(limit - octets.count).lazy.map(lowered))
            octets.append(UInt8(ascii: " "))
        }
        return SpokenWords.withoutAddresses(octets)
    }

    private static func lowered(_ octet: UInt8) -> UInt8 {
        switch octet {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): octet + 32
        case 0...0x20: UInt8(ascii: " ")
        default: octet
        }
    }
}
