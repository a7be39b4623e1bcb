package import Mail

/// What a server session offers, and what it requires before it accepts mail; set at its start, and again when TLS is
/// established.
package struct ServerOffer: Hashable, Sendable {
    /// STARTTLS is available (RFC 3207).
    package var startTLS = false
    /// The connection is encrypted.
    package var isEncrypted = false
    /// Without TLS only the preliminaries are accepted (RFC 3207 section 4).
    package var requiresTLS = false
    /// AUTH mechanisms in upper case, best first (RFC 4954); empty if there is no AUTH, or none at this time.
    package var mechanisms: [String] = []
    /// There would be mechanisms if the connection were encrypted.
    package var hidesMechanisms = false
    /// Unauthenticated clients may not send mail (RFC 4954 section 6).
    package var requiresAuthentication = false
    /// BDAT (RFC 3030 section 2).
    package var chunking = true
    /// BODY=BINARYMIME (RFC 3030 section 3); has no effect without `chunking`.
    package var binaryMIME = false
    /// SMTPUTF8 (RFC 6531).
    package var utf8 = false
    /// RET, ENVID, NOTIFY and ORCPT (RFC 3461).
    package var dsn = false
    /// MT-PRIORITY (RFC 6710).
    package var transferPriority = false
    /// REQUIRETLS, offered on encrypted connections only (RFC 8689 section 2).
    package var requireTLS = false
    /// HOLDFOR and HOLDUNTIL (RFC 4865).
    package var futureRelease = false

    package init() {}

    /// Every extension.
    package static var everything: ServerOffer {
        var offer = ServerOffer()
        offer.binaryMIME = true
        offer.utf8 = true
        offer.dsn = true
        offer.transferPriority = true
        offer.requireTLS = true
        offer.futureRelease = true
        return offer
    }

    var offersStartTLS: Bool { startTLS && !isEncrypted }
    var offersRequireTLS: Bool { requireTLS && isEncrypted }
    var offersBinaryMIME: Bool { binaryMIME && chunking }

    /// The reply to EHLO in wire form (RFC 5321 section 4.1.1.1) but for the line of FUTURERELEASE, which is next to last;
    /// built once per offer, not per session.
    package func greeting(hostname: String, limits: ServerLimits) -> String {
        var lines = [hostname, "PIPELINING", "SIZE \(limits.maxMessageSize)", "8BITMIME"]
        if offersStartTLS { lines.append("STARTTLS") }
        if !mechanisms.isEmpty { lines.append("AUTH " + mechanisms.joined(separator: " ")) }
        if chunking { lines.append("CHUNKING") }
        if offersBinaryMIME { lines.append("BINARYMIME") }
        if utf8 { lines.append("SMTPUTF8") }
        if dsn { lines.append("DSN") }
        if transferPriority { lines.append("MT-PRIORITY") }
        if offersRequireTLS { lines.append("REQUIRETLS") }
        lines.append(limits.announcement)
        lines.append("ENHANCEDSTATUSCODES")
        return lines.map { "250-\($0)\r\n" }.joined()
    }

    /// The end of the reply to EHLO in wire form.
    ///
    /// - Parameter wall: the system's clock; the latest release counts from it (RFC 4865 section 3).
    package func greetingEnd(at wall: Timestamp) -> String {
        guard futureRelease else { return "250 HELP\r\n" }
        let limit = ReleaseRequest.limit
        return "250-FUTURERELEASE \(limit.components.seconds) \((wall + limit).dateTime)\r\n250 HELP\r\n"
    }
}
