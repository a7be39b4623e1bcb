internal import SMTP

/// What is shown of a client's lines.
extension DialogueRedactor {
    mutating func shownResponse(_ line: LineAssembler.Line) -> Shown {
        // RFC 4954 section 4: the client cancels.
        if line.octets == [UInt8(ascii: "*")] { return Shown(text: "*") }
        remember(response: line.octets, isWhole: line.more == 0)
        return Shown(text: Self.withheld(line.count))
    }

    private mutating func remember(response: [UInt8], isWhole: Bool) {
        for secret in login.secrets(in: response) { secrets.add(secret) }
        if !isWhole { secrets.overflow() }
    }

    /// What is no command may be anything.
    mutating func remember(_ octets: [UInt8]) {
        var reading = LoginReading()
        for secret in reading.secrets(in: Self.withoutLoginWords(octets)) { secrets.add(secret) }
    }

    /// What follows `AUTH` and the name of a mechanism, where a blank before them made them no command: any reply may say
    /// those.
    private static func withoutLoginWords(_ line: [UInt8]) -> [UInt8] {
        let words = line.split(maxSplits: 2) { $0 == 0x20 || $0 == 0x09 }
        guard words.count > 1, String(decoding: words[0], as: UTF8.self).uppercased() == "AUTH",
            LoginReading.known.contains(String(decoding: words[1], as: UTF8.self).uppercased())
        else { return line }
        return words.count > 2 ? Array(words[2].drop { $0 == 0x20 || $0 == 0x09 }) : []
    }

    mutating func shownCommand(_ line: LineAssembler.Line) -> Shown {
        let word = line.octets.prefix { $0 != 0x20 }
        let verb = Array(word).withUnsafeBytes { CommandVerb($0) }
        switch verb {
        case .auth: return shownLogin(line, word.count)
        case .ehlo, .helo, .mail, .rcpt, .bdat, .vrfy: return shownWhole(line, verb)
        case .data, .rset, .noop, .expn, .help, .quit, .starttls:
            let rest = line.count - word.count
            let text = String(decoding: word, as: UTF8.self)
            return Shown(text: rest > 0 ? "\(text) [\(rest) octets]" : text, verb: verb)
        case .http, .unknown: return shownUnknown(line)
        }
    }

    private func shownWhole(_ line: LineAssembler.Line, _ verb: CommandVerb) -> Shown {
        Shown(text: text(line), verb: verb, recipient: verb == .rcpt ? Self.recipient(in: line.octets) : nil)
    }

    /// The dot that ends content, or a line that no command of SMTP begins.
    private mutating func shownUnknown(_ line: LineAssembler.Line) -> Shown {
        if line.octets == [UInt8(ascii: ".")] { return Shown(text: ".") }
        remember(line.octets)
        if line.more > 0 { secrets.overflow() }
        return Shown(text: "[\(line.count) octets that are no command]", verb: .unknown)
    }

    /// `AUTH PLAIN [24 octets of a login]`.
    private mutating func shownLogin(_ line: LineAssembler.Line, _ wordLength: Int) -> Shown {
        let rest = line.octets.dropFirst(wordLength + 1)
        let name = rest.prefix { $0 != 0x20 }
        let mechanism = String(decoding: name, as: UTF8.self).uppercased()
        guard LoginReading.known.contains(mechanism) else {
            login.began(nil)
            remember(response: Array(rest), isWhole: line.more == 0)
            let more = line.count - wordLength - 1
            return Shown(text: more > 0 ? "AUTH \(Self.withheld(more))" : "AUTH", verb: .auth)
        }
        login.began(mechanism)
        let initial = rest.dropFirst(name.count + 1)
        guard !initial.isEmpty else { return Shown(text: "AUTH \(mechanism)", verb: .auth) }
        remember(response: Array(initial), isWhole: line.more == 0)
        return Shown(text: "AUTH \(mechanism) \(Self.withheld(initial.count + line.more))", verb: .auth)
    }

    /// Between the angle brackets, or what stands behind the colon.
    private static func recipient(in line: [UInt8]) -> String? {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        let path = line[(colon + 1)...].drop { $0 == 0x20 || $0 == 0x09 }
        let isQuoted = path.first == UInt8(ascii: "<")
        let address = path.dropFirst(isQuoted ? 1 : 0).prefix { isQuoted ? $0 != UInt8(ascii: ">") : $0 != 0x20 }
        return String(decoding: address, as: UTF8.self)
    }
}
