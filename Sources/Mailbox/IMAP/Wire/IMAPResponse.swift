/// One response of a server (RFC 9051 section 7), as far as a client of this kind needs it.
enum IMAPResponse: Hashable, Sendable {
    /// `+`, with what follows.
    case continuation(ArraySlice<UInt8>)
    case tagged(ArraySlice<UInt8>, ResponseStatus)
    /// Untagged OK, NO and BAD.
    case status(ResponseStatus)
    case preauth(ResponseStatus)
    case bye(ResponseStatus)
    /// In upper case.
    case capability([String])
    case list(attributes: [String], delimiter: Character?, name: [UInt8])
    case search([UInt32])
    /// ESEARCH (RFC 9051 section 7.3.4); the tag of the search that it answers, if it names one.
    case extendedSearch(tag: [UInt8]?, UIDSet)
    case exists(UInt32)
    case expunge(UInt32)
    case fetch(FetchData)
    /// Whatever a server may also say.
    case other

    /// - Throws: ``MailboxError`` `syntax` for what is no response, or a broken one of those above.
    init(_ octets: [UInt8], _ limits: MailboxLimits) throws(MailboxError) {
        if octets.first == UInt8(ascii: "+") {
            self = .continuation(octets.dropFirst().first == 0x20 ? octets.dropFirst(2) : octets.dropFirst())
            return
        }
        var reader = ResponseReader(octets, nesting: limits.nesting)
        let response = octets.first == UInt8(ascii: "*") ? Self.untagged(&reader) : Self.tagged(&reader)
        guard let response else { throw .syntax("the server sent what is no response of IMAP", octets) }
        self = response
    }

    private static func tagged(_ reader: inout ResponseReader) -> Self? {
        guard let tag = reader.atom(), reader.skipSpace(), let word = reader.word(),
            let kind = ResponseStatus.Kind(rawValue: word)
        else { return nil }
        return .tagged(tag, ResponseStatus(kind, reader.rest))
    }

    private static func untagged(_ reader: inout ResponseReader) -> Self? {
        guard reader.skip("*"), reader.skipSpace() else { return nil }
        if let next = reader.next, next.isDigit {
            guard let number = reader.number(), reader.skipSpace(), let word = reader.word() else { return nil }
            return numbered(number, word, &reader)
        }
        guard let word = reader.word() else { return nil }
        return named(word, &reader)
    }

    private static func numbered(_ number: UInt32, _ word: String, _ reader: inout ResponseReader) -> Self? {
        switch word {
        case "EXISTS": return .exists(number)
        case "EXPUNGE": return .expunge(number)
        case "FETCH":
            reader.skipSpace()
            return FetchData(&reader).map(Self.fetch)
        default: return .other
        }
    }

    private static func named(_ word: String, _ reader: inout ResponseReader) -> Self? {
        if let kind = ResponseStatus.Kind(rawValue: word) { return .status(ResponseStatus(kind, reader.rest)) }
        switch word {
        case "BYE": return .bye(ResponseStatus(.no, reader.rest))
        case "PREAUTH": return .preauth(ResponseStatus(.ok, reader.rest))
        case "CAPABILITY": return .capability(words(reader.rest))
        case "LIST": return list(&reader)
        case "SEARCH": return search(&reader)
        case "ESEARCH": return extendedSearch(&reader)
        default: return .other
        }
    }

    private static func words(_ octets: ArraySlice<UInt8>) -> [String] {
        octets.split(separator: 0x20).map { String(decoding: $0, as: UTF8.self).uppercased() }
    }

    private static func list(_ reader: inout ResponseReader) -> Self? {
        reader.skipSpace()
        guard let attributes = reader.list(), reader.skipSpace(), let delimiter = reader.nilOrString(),
            reader.skipSpace(), let name = reader.astring()
        else { return nil }
        let character = delimiter.flatMap { $0.count == 1 && $0[0] < 0x80 ? Character(Unicode.Scalar($0[0])) : nil }
        return .list(attributes: attributes, delimiter: character, name: name)
    }

    /// The numbers; a MODSEQ in parentheses may follow (RFC 7162 section 3.1.5).
    private static func search(_ reader: inout ResponseReader) -> Self? {
        var numbers: [UInt32] = []
        while reader.skipSpace(), let next = reader.next {
            if next == UInt8(ascii: "(") { return reader.skipValue() ? .search(numbers) : nil }
            guard let number = reader.number() else { return nil }
            numbers.append(number)
        }
        return reader.isAtEnd ? .search(numbers) : nil
    }

    /// `(TAG "A1") UID ALL 1:3,7`; other items are skipped.
    private static func extendedSearch(_ reader: inout ResponseReader) -> Self? {
        var tag: [UInt8]?
        var found = UIDSet()
        reader.skipSpace()
        if reader.skip("(") {
            guard reader.word() == "TAG", reader.skipSpace(), let string = reader.astring(), reader.skip(")") else {
                return nil
            }
            tag = string
            reader.skipSpace()
        }
        while let item = reader.word() {
            if item == "ALL" {
                guard reader.skipSpace(), let atom = reader.atom(), let set = UIDSet(atom) else { return nil }
                found = set
            } else if item != "UID" {
                guard reader.skipSpace(), reader.skipValue() else { return nil }
            }
            reader.skipSpace()
        }
        return reader.isAtEnd ? .extendedSearch(tag: tag, found) : nil
    }
}
