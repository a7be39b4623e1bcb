internal import Mail

/// A key of SEARCH (RFC 9051 section 6.4.4), as far as a test mailbox knows them.
indirect enum IMAPSearchKey {
    case all
    case flag(MailFlag, isSet: Bool)
    case numbers(IMAPSet)
    case uids(IMAPSet)
    /// Days since 1970, of INTERNALDATE.
    case days(Range<Int64>)
    /// The value in lower case; empty for any.
    case header(name: String, value: String)
    case not(IMAPSearchKey)
    case either(IMAPSearchKey, IMAPSearchKey)

    /// Nil for one that is not known, or is malformed.
    init?(_ reader: inout IMAPReader) {
        guard let word = reader.keyword() else { return nil }
        if let flag = MailFlag(text: "\\\(word)") {
            self = .flag(flag, isSet: true)
        } else if word.hasPrefix("UN"), let flag = MailFlag(text: "\\\(word.dropFirst(2))") {
            self = .flag(flag, isSet: false)
        } else if let key = Self.compound(word, &reader) ?? Self.simple(word, &reader) {
            self = key
        } else {
            return nil
        }
    }

    private static func simple(_ word: String, _ reader: inout IMAPReader) -> Self? {
        switch word {
        case "ALL": return .all
        case "UID": return argument(&reader).flatMap(IMAPSet.init).map(Self.uids)
        case "SINCE": return day(&reader).map { .days($0..<Int64.max) }
        case "BEFORE": return day(&reader).map { .days(Int64.min..<$0) }
        case "ON": return day(&reader).map { .days($0..<($0 + 1)) }
        case "FROM", "TO", "CC", "SUBJECT":
            return argument(&reader).map { .header(name: word.lowercased(), value: $0.lowercased()) }
        case "HEADER":
            guard let name = argument(&reader), let value = argument(&reader) else { return nil }
            return .header(name: name.lowercased(), value: value.lowercased())
        default: return IMAPSet(word).map(Self.numbers)
        }
    }

    private static func compound(_ word: String, _ reader: inout IMAPReader) -> Self? {
        switch word {
        case "NOT":
            guard reader.skipSpace(), let key = Self(&reader) else { return nil }
            return .not(key)
        case "OR":
            guard reader.skipSpace(), let left = Self(&reader), reader.skipSpace(), let right = Self(&reader) else {
                return nil
            }
            return .either(left, right)
        default: return nil
        }
    }

    private static func argument(_ reader: inout IMAPReader) -> String? {
        reader.skipSpace() ? reader.string() : nil
    }

    /// `17-Jul-1996`, as days since 1970.
    private static func day(_ reader: inout IMAPReader) -> Int64? {
        guard let text = argument(&reader) else { return nil }
        let date = text.split(separator: "-").joined(separator: " ") + " 00:00 +0000"
        return Timestamp(mailDate: date.utf8).map { $0.milliseconds / 86_400_000 }
    }

    func fits(_ mail: StoredMail, number: Int, in view: IMAPView) -> Bool {
        switch self {
        case .all: true
        case .flag(let flag, let isSet): mail.flags.contains(flag) == isSet
        case .numbers(let set): set.contains(UInt32(number), last: UInt32(view.uids.count))
        case .uids(let set): set.contains(mail.uid, last: view.uids.last ?? 0)
        case .days(let days): days.contains(mail.date.milliseconds / 86_400_000)
        case .header(let name, let value): Self.has(name, value, mail)
        case .not(let key): !key.fits(mail, number: number, in: view)
        case .either(let left, let right):
            left.fits(mail, number: number, in: view) || right.fits(mail, number: number, in: view)
        }
    }

    private static func has(_ name: String, _ value: String, _ mail: StoredMail) -> Bool {
        let header = MailHeader(mail.content)
        return header.fields.contains { $0.name == name && (value.isEmpty || header.value($0).contains(value)) }
    }
}
