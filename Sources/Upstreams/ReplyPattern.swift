internal import Mail

/// What a reply looks like: every part that is given must fit.
///
/// The built-in rules are such patterns, and no regular expressions: matching one takes time proportional to the number of its
/// texts times the part of the reply that is looked at, whatever a server sends.
package struct ReplyPattern: Hashable, Sendable {
    /// Any of these; any code where it is empty.
    package let codes: [UInt16]
    /// First digit; nil for any.
    package let digit: UInt16?
    /// Any of these; any enhanced status code, and none, where it is empty.
    package let statuses: [StatusPattern]
    /// Any of these must be found; `*` stands for any octets. In lower case.
    package let texts: [String]
    /// None of these statuses and texts may be found.
    package let exceptions: Exceptions
    /// Any of these; any phase where it is empty.
    package let phases: [OutcomePhase]
    /// At RCPT any of these must be found as well, where there are any: words of a server that speaks about us, and not about
    /// the recipient.
    package let recipientWords: [String]
    /// Whether the transaction must have a recipient already.
    package let followsRecipient: Bool
    private let globs: [Glob]
    private let recipientGlobs: [Glob]

    /// What a reply must not look like.
    package struct Exceptions: Hashable, Sendable {
        package let statuses: [StatusPattern]
        package let texts: [String]
        fileprivate let globs: [Glob]

        package init(statuses: [StatusPattern] = [], texts: [String] = []) {
            self.statuses = statuses
            self.texts = texts
            self.globs = texts.map { Glob(anywhere: $0) }
        }

        static func + (left: Exceptions, right: Exceptions) -> Exceptions {
            Exceptions(statuses: left.statuses + right.statuses, texts: left.texts + right.texts)
        }

        fileprivate func fit(_ reply: ReplySubject) -> Bool {
            if let code = reply.status, statuses.contains(where: { $0.fits(code) }) { return true }
            return globs.contains { $0.matches(reply.text) }
        }
    }

    package init(
        _ texts: String..., codes: [UInt16] = [], digit: UInt16? = nil, statuses: [StatusPattern] = [],
        phases: [OutcomePhase] = [], atRecipient recipientWords: [String] = [], followsRecipient: Bool = false,
        except exceptions: Exceptions = Exceptions()
    ) {
        self.init(
            texts: texts, codes: codes, digit: digit, statuses: statuses, phases: phases, atRecipient: recipientWords,
            followsRecipient: followsRecipient, except: exceptions)
    }

    package init(
        texts: [String], codes: [UInt16] = [], digit: UInt16? = nil, statuses: [StatusPattern] = [],
        phases: [OutcomePhase] = [], atRecipient recipientWords: [String] = [], followsRecipient: Bool = false,
        except exceptions: Exceptions = Exceptions()
    ) {
        self.texts = texts
        self.followsRecipient = followsRecipient
        self.codes = codes
        self.digit = digit
        self.statuses = statuses
        self.phases = phases
        self.exceptions = exceptions
        self.recipientWords = recipientWords
        self.globs = texts.map { Glob(anywhere: $0) }
        self.recipientGlobs = recipientWords.map { Glob(anywhere: $0) }
    }

    func fits(_ reply: ReplySubject) -> Bool {
        guard phases.isEmpty || phases.contains(reply.phase), codes.isEmpty || codes.contains(reply.code),
            digit.map({ $0 == reply.code / 100 }) ?? true, !followsRecipient || reply.hasRecipients
        else { return false }
        guard statuses.isEmpty || reply.status.map({ code in statuses.contains { $0.fits(code) } }) ?? false
        else { return false }
        guard globs.isEmpty || globs.contains(where: { $0.matches(reply.text) }) else { return false }
        return isAboutUs(reply) && !exceptions.fit(reply)
    }

    private func isAboutUs(_ reply: ReplySubject) -> Bool {
        guard reply.phase == .rcpt, !recipientGlobs.isEmpty else { return true }
        return recipientGlobs.contains { $0.matches(reply.text) }
    }
}

/// An enhanced status code (RFC 3463) with parts left open: `x.7.8`, `4.7.x`, `5.2.251`.
package struct StatusPattern: Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    private let category: UInt8?
    private let subject: UInt16?
    private let detail: UInt16?

    package init(stringLiteral text: String) {
        let parts = text.split(separator: ".").map(String.init)
        precondition(
            parts.count == 3 && parts.allSatisfy { $0 == "x" || UInt16($0) != nil }, "\(text) is no pattern of a status"
        )
        category = UInt8(parts[0])
        subject = UInt16(parts[1])
        detail = UInt16(parts[2])
    }

    func fits(_ code: EnhancedStatusCode) -> Bool {
        category ?? code.category == code.category && subject ?? code.subject == code.subject
            && detail ?? code.detail == code.detail
    }

    package var description: String {
        [category.map(UInt16.init), subject, detail].map { $0.map(String.init) ?? "x" }.joined(separator: ".")
    }
}

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
        return withoutAddresses(octets)
    }

    private static func lowered(_ octet: UInt8) -> UInt8 {
        switch octet {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): octet + 32
        case 0...0x20: UInt8(ascii: " ")
        default: octet
        }
    }

    /// What stands between angle brackets, words with an at sign, quoted local parts and names of hosts are left out, and
    /// runs of spaces become one. A space comes first, so that a pattern may begin with one.
    private static func withoutAddresses(_ octets: [UInt8]) -> [UInt8] {
        var kept = [UInt8(ascii: " ")]
        kept.reserveCapacity(octets.count + 2)
        for word in withoutBrackets(withoutQuotes(octets)).split(separator: UInt8(ascii: " "))
        where !word.contains(UInt8(ascii: "@")) {
            guard let said = withoutHost(word) else { continue }
            kept.append(contentsOf: said)
            kept.append(UInt8(ascii: " "))
        }
        return kept
    }

    /// Without the `"any words"` of `"any words"@example.org`: everything from the first quote to the last that an at sign
    /// follows. No pairs are sought, since a server may repeat an address with its backslashes or without.
    private static func withoutQuotes(_ octets: [UInt8]) -> [UInt8] {
        let quote = UInt8(ascii: "\"")
        guard let first = octets.firstIndex(of: quote) else { return octets }
        let last = octets.indices.dropLast().last { octets[$0] == quote && octets[$0 + 1] == UInt8(ascii: "@") }
        if let last { return Array(octets[..<first] + octets[(last + 1)...]) }
        // What began like such an address and was cut off.
        return first > 0 && octets[first - 1] == UInt8(ascii: "<") ? Array(octets[..<first]) : octets
    }

    /// What no bracket closes ends at a space: quoted local parts, which may have one, are gone.
    private static func withoutBrackets(_ octets: [UInt8]) -> [UInt8] {
        var kept: [UInt8] = []
        var rest = octets[...]
        while let open = rest.firstIndex(of: UInt8(ascii: "<")) {
            kept.append(contentsOf: rest[..<open])
            let end = rest[open...].firstIndex(of: UInt8(ascii: ">")).map { $0 + 1 }
            rest = rest[(end ?? rest[open...].firstIndex(of: UInt8(ascii: " ")) ?? rest.endIndex)...]
        }
        return kept + rest
    }

    /// Words with dots that are Microsoft's and no names of hosts; longer ones of these follow a name with a colon.
    private static let dotted = ["resolver.adr", "resolver.rst", "storedrv.submission", "storedrv.clientsubmit"]
        .map { Array($0.utf8) }
    private static let exception = Array("storedrv.submission.exception:".utf8)

    /// Nil for a word with a dot between letters or digits, such as `overdue.example:`, which the client may have said.
    private static func withoutHost(_ word: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        let isName = word.indices.dropFirst().dropLast().contains {
            word[$0] == UInt8(ascii: ".") && isLetterOrDigit(word[$0 - 1]) && isLetterOrDigit(word[$0 + 1])
        }
        guard isName, !word.starts(with: exception) else { return word }
        return dotted.first { word.starts(with: $0) }?[...]
    }

    private static func isLetterOrDigit(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), 0x80...: true
        default: false
        }
    }
}
