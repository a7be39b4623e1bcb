internal import SMTP

/// What a fuzzed server session offers and allows, derived from the input's first octets.
struct ServerSettings {
    let clear: ServerOffer
    let encrypted: ServerOffer
    let limits: ServerLimits

    init(_ choices: inout Choices) {
        clear = Self.offer(&choices, isEncrypted: false)
        encrypted = Self.encrypted(from: clear)
        var limits = ServerLimits(maxMessageSize: 200, maxRecipients: 3, maxErrors: 6, maxCommands: 20)
        var bits = choices.bits()
        if bits.next() { limits.maxTransactions = 2 }
        if bits.next() { limits.maxErrors = 0 }
        if bits.next() { limits.maxAuthenticationFailures = 1 }
        if bits.next() { limits.maxLineLength = 100 }
        if bits.next() { limits.maxMessageSize = 100_000 }
        if bits.next() { limits.maxRecipients = 100 }
        self.limits = limits
    }

    private static func offer(_ choices: inout Choices, isEncrypted: Bool) -> ServerOffer {
        var offer = ServerOffer()
        var bits = choices.bits()
        offer.isEncrypted = bits.next()
        offer.startTLS = bits.next()
        offer.requiresTLS = bits.next()
        let takesPasswords = bits.next()
        offer.mechanisms = takesPasswords ? ["SCRAM-SHA-256", "PLAIN", "LOGIN"] : []
        offer.hidesMechanisms = bits.next() && !takesPasswords
        offer.requiresAuthentication = bits.next() && (takesPasswords || offer.hidesMechanisms)
        offer.chunking = bits.next()
        offer.binaryMIME = bits.next()
        bits = choices.bits()
        offer.utf8 = bits.next()
        offer.dsn = bits.next()
        offer.transferPriority = bits.next()
        offer.requireTLS = bits.next()
        offer.futureRelease = bits.next()
        return offer
    }

    private static func encrypted(from clear: ServerOffer) -> ServerOffer {
        var offer = clear
        offer.isEncrypted = true
        if offer.hidesMechanisms { offer.mechanisms = ["PLAIN"] }
        offer.hidesMechanisms = false
        return offer
    }
}
