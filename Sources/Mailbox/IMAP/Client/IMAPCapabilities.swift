/// What a server offers (RFC 9051 section 7.2.2).
package struct IMAPCapabilities: Hashable, Sendable {
    /// In upper case.
    private let names: Set<String>
    /// SASL mechanisms in upper case, in the server's order.
    package let mechanisms: [String]

    init(_ words: [String] = [], limit: Int = 0) {
        let words = words.filter { $0.utf8.count <= 64 }.prefix(limit)
        names = Set(words)
        mechanisms = words.filter { $0.hasPrefix("AUTH=") }.map { String($0.dropFirst(5)) }
    }

    package func contains(_ name: String) -> Bool { names.contains(name) }

    /// An extension, or a server of revision 2, which has it built in (RFC 9051 appendix E).
    private func has(_ name: String) -> Bool { names.contains(name) || isRevision2 }

    private var isRevision2: Bool { names.contains("IMAP4REV2") && !names.contains("IMAP4REV1") }

    /// Whether the server says that it speaks a revision that this client knows. IMAP4 alone is one (RFC 1730); Exchange
    /// has it besides the first.
    var isKnown: Bool { names.contains("IMAP4REV1") || names.contains("IMAP4REV2") }
    package var startTLS: Bool { names.contains("STARTTLS") }
    package var loginDisabled: Bool { names.contains("LOGINDISABLED") }
    /// RFC 4959: the initial response goes with AUTHENTICATE.
    package var saslIR: Bool { has("SASL-IR") }
    /// RFC 2177.
    package var idle: Bool { has("IDLE") }
    /// RFC 4315: UID EXPUNGE.
    package var uidPlus: Bool { has("UIDPLUS") }
    /// RFC 6154, with RFC 5258 to ask for it.
    package var specialUse: Bool { has("SPECIAL-USE") && has("LIST-EXTENDED") }
    /// Whether names of folders are UTF-8 without being asked for: revision 2 alone (RFC 9051 section 5.1).
    package var namesAreUTF8: Bool { isRevision2 }

    /// RFC 7888: how long a literal may be that does not wait for the server; nil if none may.
    var freeLiteral: Int? { names.contains("LITERAL+") ? .max : has("LITERAL-") ? 4096 : nil }
}
