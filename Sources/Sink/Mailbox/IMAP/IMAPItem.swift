internal import Mail

/// What FETCH asks for (RFC 9051 section 6.4.5), as far as a test mailbox knows it.
enum IMAPItem {
    case uid
    case flags
    case internalDate
    case size
    /// The name is what the answer repeats.
    case body(Section, name: String, isPeek: Bool, part: Range<Int>?)

    enum Section {
        case all, header, text
        case fields([String], isInverted: Bool)
    }

    /// One item or several in parentheses; nil if any is not known.
    static func list(_ reader: inout IMAPReader) -> [IMAPItem]? {
        guard reader.skip("(") else { return one(&reader) }
        var items: [IMAPItem] = []
        while !reader.skip(")") {
            guard items.isEmpty || reader.skipSpace(), let more = one(&reader) else { return nil }
            items += more
        }
        return items
    }

    private static func one(_ reader: inout IMAPReader) -> [IMAPItem]? {
        let word = reader.keyword()
        switch word {
        case "UID": return [.uid]
        case "FLAGS": return [.flags]
        case "INTERNALDATE": return [.internalDate]
        case "RFC822.SIZE": return [.size]
        case "FAST": return [.flags, .internalDate, .size]
        case "RFC822": return [.body(.all, name: "RFC822", isPeek: false, part: nil)]
        case "RFC822.HEADER": return [.body(.header, name: "RFC822.HEADER", isPeek: true, part: nil)]
        case "RFC822.TEXT": return [.body(.text, name: "RFC822.TEXT", isPeek: false, part: nil)]
        case "BODY", "BODY.PEEK":
            guard let (section, name) = section(&reader), let part = part(&reader) else { return nil }
            let isPeek = word == "BODY.PEEK"
            return [.body(section, name: "BODY[\(name)]", isPeek: isPeek, part: part.isEmpty ? nil : part)]
        default: return nil
        }
    }

    private static func section(_ reader: inout IMAPReader) -> (Section, String)? {
        guard reader.skip("[") else { return nil }
        if reader.skip("]") { return (.all, "") }
        guard let word = reader.keyword() else { return nil }
        var found: (Section, String)?
        switch word {
        case "HEADER": found = (.header, word)
        case "TEXT": found = (.text, word)
        case "HEADER.FIELDS", "HEADER.FIELDS.NOT":
            guard reader.skipSpace(), let names = reader.list() else { return nil }
            let text = "\(word) (\(names.joined(separator: " ").uppercased()))"
            found = (.fields(names, isInverted: word.hasSuffix("NOT")), text)
        default: return nil
        }
        return reader.skip("]") ? found : nil
    }

    /// `<0.1024>`; empty if there is none.
    private static func part(_ reader: inout IMAPReader) -> Range<Int>? {
        guard let text = reader.word() else { return 0..<0 }
        let numbers = text.dropFirst().dropLast().split(separator: ".").compactMap { Int($0) }
        guard text.hasPrefix("<"), text.hasSuffix(">"), numbers.count == 2, numbers[0] >= 0, numbers[1] > 0 else {
            return nil
        }
        let (end, isBeyond) = numbers[0].addingReportingOverflow(numbers[1])
        return numbers[0]..<(isBeyond ? .max : end)
    }

    /// Whether it marks the message as seen.
    var marks: Bool {
        if case .body(_, _, let isPeek, _) = self { !isPeek } else { false }
    }

    func answer(_ mail: StoredMail) -> [UInt8] {
        switch self {
        case .uid: return Array("UID \(mail.uid)".utf8)
        case .flags: return Array("FLAGS (\(mail.flagList))".utf8)
        case .internalDate: return Array("INTERNALDATE \"\(Self.text(mail.date))\"".utf8)
        case .size: return Array("RFC822.SIZE \(mail.content.count)".utf8)
        case .body(let section, let name, _, let part):
            let octets = Self.octets(of: section, mail)
            let piece = part.map { octets[min($0.lowerBound, octets.count)..<min($0.upperBound, octets.count)] }
            let kept = piece ?? octets[...]
            let place = part.map { "<\($0.lowerBound)>" } ?? ""
            return Array("\(name)\(place) {\(kept.count)}\r\n".utf8) + kept
        }
    }

    private static func octets(of section: Section, _ mail: StoredMail) -> [UInt8] {
        switch section {
        case .all: mail.content
        case .header: Array(mail.content[..<MailHeader(mail.content).end])
        case .text: Array(mail.content[MailHeader(mail.content).end...])
        case .fields(let names, let isInverted):
            MailHeader(mail.content).octets(of: names, isInverted: isInverted)
        }
    }

    /// `17-Jul-1996 02:44:25 +0000`
    private static func text(_ date: Timestamp) -> String {
        var dates = MailDate()
        let words = dates.text(of: date).split(separator: " ")
        let day = words[1].count == 1 ? "0\(words[1])" : words[1]
        return "\(day)-\(words[2])-\(words[3]) \(words[4]) \(words[5])"
    }
}

extension StoredMail {
    var flagList: String {
        MailFlag.allCases.filter(flags.contains).map(\.rawValue).joined(separator: " ")
    }
}
