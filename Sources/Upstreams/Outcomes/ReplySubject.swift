internal import Mail

/// A reply as the built-in rules look at it.
struct ReplySubject {
    /// Octets of a reply's text that are looked at.
    static let limit = 1024

    let code: UInt16
    let status: EnhancedStatusCode?
    let phase: OutcomePhase
    /// At RCPT, whether the transaction has a recipient already.
    let hasRecipients: Bool
    /// The text on one line, letters in lower case, without addresses: these are the sender's and not the server's words.
    let text: [UInt8]

    init(_ reply: Reply, at phase: OutcomePhase, hasRecipients: Bool = false) {
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
