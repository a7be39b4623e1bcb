/// Reads the tokens of an address field; see ``MailboxList``.
struct MailboxReader {
    private var tokens: MailboxTokens
    private var mailboxes: [Mailbox] = []
    /// Words since the last address or mark.
    private var words: [MailboxTokens.Token] = []
    private var isInGroup = false

    init(_ body: [UInt8]) {
        tokens = MailboxTokens(body)
    }

    private var body: [UInt8] { tokens.body }

    /// - Returns: nil for what is no list of addresses.
    mutating func list() -> [Mailbox]? {
        while let end = element() {
            switch end {
            case UInt8(ascii: ","): continue
            case UInt8(ascii: ":"): isInGroup = true
            case UInt8(ascii: ";"): guard endGroup() else { return nil }
            default: return isInGroup ? nil : mailboxes
            }
        }
        return nil
    }

    /// Reads up to the mark behind an element, which is `,`, `:`, `;`, or 0 at the end.
    ///
    /// - Returns: nil for what is no address, no group and not empty.
    private mutating func element() -> UInt8? {
        words = []
        var isNamed = false
        while let token = tokens.next() {
            switch token {
            case .atom, .quoted: words.append(token)
            case .mark(UInt8(ascii: "@")):
                guard bareAddress() else { return nil }
                isNamed = true
            case .mark(UInt8(ascii: "<")): return bracketedAddress() ? closingMark() : nil
            case .mark(UInt8(ascii: ":")):
                // What stands before the members of a group is its name, never an address.
                return isInGroup || isNamed || words.isEmpty ? nil : UInt8(ascii: ":")
            case .mark(let mark): return words.isEmpty && mark != UInt8(ascii: ">") ? mark : nil
            case .end: return words.isEmpty ? 0 : nil
            case .literal: return nil
            }
        }
        return nil
    }

    /// Behind a group there may be nothing but a comma.
    private mutating func endGroup() -> Bool {
        guard isInGroup else { return false }
        isInGroup = false
        let rest = tokens
        switch tokens.next() {
        case .mark(UInt8(ascii: ",")): return true
        case .end:
            tokens = rest
            return true
        case .atom, .quoted, .literal, .mark, nil: return false
        }
    }

    /// The mark behind an address in angle brackets.
    private mutating func closingMark() -> UInt8? {
        switch tokens.next() {
        case .mark(UInt8(ascii: ",")): UInt8(ascii: ",")
        case .mark(UInt8(ascii: ";")): UInt8(ascii: ";")
        case .end: 0
        case .atom, .quoted, .literal, .mark, nil: nil
        }
    }

    /// An address without brackets, whose `@` has been read. What follows may show that it was meant as a name.
    private mutating func bareAddress() -> Bool {
        guard let local = words.popLast(), words.last.map({ !joins($0, local) }) ?? true else { return false }
        words = []
        return domain(behind: local)
    }

    /// What stands between angle brackets, of which the first has been read: maybe a route (RFC 5322 section 4.4), and an
    /// address.
    private mutating func bracketedAddress() -> Bool {
        guard var local = tokens.next() else { return false }
        if local == .mark(UInt8(ascii: "@")) || local == .mark(UInt8(ascii: ",")) {
            guard skipRoute(local), let next = tokens.next() else { return false }
            local = next
        }
        guard tokens.next() == .mark(UInt8(ascii: "@")), domain(behind: local) else { return false }
        return tokens.next() == .mark(UInt8(ascii: ">"))
    }

    private mutating func skipRoute(_ first: MailboxTokens.Token) -> Bool {
        var token = first
        while token != .mark(UInt8(ascii: ":")) {
            switch token {
            case .mark(UInt8(ascii: ",")): break
            case .mark(UInt8(ascii: "@")): guard tokens.next()?.range != nil else { return false }
            case .atom, .quoted, .literal, .mark, .end: return false
            }
            guard let next = tokens.next() else { return false }
            token = next
        }
        return true
    }

    /// The domain behind an `@`.
    private mutating func domain(behind local: MailboxTokens.Token) -> Bool {
        guard isLocalPart(local), let start = local.range, let domain = tokens.next(), let end = domain.range,
            isDomain(domain)
        else { return false }
        let rest = tokens
        if let next = tokens.next(), joins(domain, next) || next == .mark(UInt8(ascii: "@")) { return false }
        tokens = rest
        guard let address = address(start, end) else { return false }
        mailboxes.append(Mailbox(address: address, range: start.lowerBound..<end.upperBound))
        return true
    }

    // MARK: Words

    private func isLocalPart(_ token: MailboxTokens.Token) -> Bool {
        switch token {
        case .atom, .quoted: true
        case .literal, .mark, .end: false
        }
    }

    private func isDomain(_ token: MailboxTokens.Token) -> Bool {
        switch token {
        case .literal: true
        case .atom(let range): body[range.lowerBound] != UInt8(ascii: ".")
        case .quoted, .mark, .end: false
        }
    }

    /// Whether another reader could take the two for one: they touch, or a dot is between them (RFC 5322 section 4.4).
    private func joins(_ first: MailboxTokens.Token, _ second: MailboxTokens.Token) -> Bool {
        guard let first = first.range, let second = second.range else { return false }
        let dot = UInt8(ascii: ".")
        return first.upperBound == second.lowerBound || body[first.upperBound - 1] == dot
            || body[second.lowerBound] == dot
    }

    /// - Returns: nil if it is no UTF-8, or has an encoded word, which no address may have (RFC 2047 section 5).
    private func address(_ local: Range<Int>, _ domain: Range<Int>) -> String? {
        var octets = body[local].filter { $0 != 0x0D && $0 != 0x0A } + [UInt8(ascii: "@")] + body[domain]
        if octets.last == UInt8(ascii: ".") { octets.removeLast() }
        guard let text = String(validating: octets, as: UTF8.self), !text.contains("=?") else { return nil }
        return octets.contains(where: { $0 == 0x0D || $0 == 0x0A }) ? nil : text
    }
}
