internal import SASL
internal import TLS

/// What all sessions of a sink offer and require, derived once from the settings.
final class SinkOffers: Sendable {
    let tls: SinkTLS.Mode?
    let login: SinkLoginKeys?
    let offersEightBitMIME: Bool
    let extensions: Set<SinkExtension>
    let maxRecipients: Int
    let maxMessages: Int

    /// - Throws: `TLSError` if the library has no randomness.
    init(_ settings: SinkSettings) throws {
        tls = settings.tls?.mode
        login = try settings.login.map(SinkLoginKeys.init)
        offersEightBitMIME = settings.offersEightBitMIME
        extensions = settings.extensions
        maxRecipients = settings.maxRecipients ?? .max
        maxMessages = settings.maxMessages ?? .max
    }

    /// Whether every parameter of a MAIL or RCPT command belongs to an offered extension (RFC 5321 section 4.1.1.11).
    ///
    /// - Parameter isSecure: whether the session uses TLS.
    func allow(_ parameters: String, isSecure: Bool) -> Bool {
        var rest = parameters.utf8[...]
        while true {
            rest = rest.drop { $0 == UInt8(ascii: " ") }
            guard !rest.isEmpty else { return true }
            let word = rest.prefix { $0 != UInt8(ascii: " ") }
            guard allow(word, isSecure: isSecure) else { return false }
            rest = rest[word.endIndex...]
        }
    }

    private func allow(_ word: Substring.UTF8View, isSecure: Bool) -> Bool {
        let keyword = word.prefix { $0 != UInt8(ascii: "=") }
        if Self.equal(keyword, "size") { return true }
        if Self.equal(keyword, "body") {
            return Self.equal(word, "body=binarymime") ? extensions.contains(.chunking) : offersEightBitMIME
        }
        if Self.equal(keyword, "smtputf8") { return extensions.contains(.smtpUTF8) }
        if Self.equal(keyword, "requiretls") { return isSecure && extensions.contains(.requireTLS) }
        if Self.equal(keyword, "mt-priority") { return extensions.contains(.mtPriority) }
        if Self.equal(keyword, "auth") { return login != nil }
        let isOfDSN = ["ret", "envid", "notify", "orcpt"].contains { Self.equal(keyword, $0) }
        return isOfDSN && extensions.contains(.dsn)
    }

    /// Whether the parameters include this name, or name and value, ignoring case.
    static func have(_ wanted: StaticString, in parameters: String) -> Bool {
        var rest = parameters.utf8[...]
        while !rest.isEmpty {
            let word = rest.prefix { $0 != UInt8(ascii: " ") }
            if equal(word, wanted) { return true }
            rest = rest[word.endIndex...].dropFirst()
        }
        return false
    }

    private static func equal(_ word: Substring.UTF8View, _ lowercase: StaticString) -> Bool {
        lowercase.withUTF8Buffer { lowercase in
            word.count == lowercase.count
                && zip(word, lowercase).allSatisfy { octet, wanted in
                    (octet >= 65 && octet <= 90 ? octet | 0x20 : octet) == wanted
                }
        }
    }
}
