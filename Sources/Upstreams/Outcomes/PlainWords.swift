/// The words of a reply without punctuation, one space apart and around, and without phrases that only sound as if they
/// were about somebody else.
///
/// An IP address is the word `ip`, also one within a link. A quoted word is dropped, and so is the first one if three
/// dots follow it: it is a local part.
struct PlainWords {
    let text: [UInt8]

    init(_ reply: ReplySubject) {
        let words = reply.text.split(separator: Self.space).enumerated()
            .filter { !Self.isQuoted($1) && !($0 == 0 && $1.suffix(3).elementsEqual("...".utf8)) }
            .flatMap { Self.parts(of: $1) }
        var text = Self.joined(words)
        for phrase in Self.harmless { text = Self.text(text, without: phrase) }
        self.text = text
    }

    /// All words of a reply, also those that are quoted or within a harmless phrase.
    static func all(of reply: ReplySubject) -> [UInt8] {
        joined(reply.text.split(separator: space).flatMap(parts))
    }

    private static func joined(_ words: some Sequence<ArraySlice<UInt8>>) -> [UInt8] {
        var text = [space]
        for word in words {
            text.append(contentsOf: word)
            text.append(space)
        }
        return text
    }

    var words: some Sequence<ArraySlice<UInt8>> { text.split(separator: Self.space) }

    /// Phrases that name another party, or sound like it, but are about the recipient or the message.
    static let harmlessPhrases = [
        "your message", "your messages", "your mail", "your mails", "your email", "your emails", "your e mail",
        "your attachment", "your attachments", "your content", "your request", "your recipient", "your recipient s",
        "contact your", "ask your", "ihre nachricht", "ihre mail", "ihre e mail", "votre message", "votre courriel",
        "su mensaje", "su correo", "you tried to reach", "you are trying to reach", "you are trying to contact",
        "you were trying to reach", "you have tried to reach", "if you", "that you sent", "you sent", "you entered",
        "you specified", "not our customer", "sender notified", "sender will be notified", "relay recipient table",
        "relay recipient maps", "gateway user", "gateway users", "host unknown", "unknown host", "host not found",
        "destination host", "host or domain name not found", "name server", "on this server", "on server",
        "on our server", "of server", "of this server", "of the server", "at this server", "by server",
        "by this server", "by the server", "by our server", "disk quota", "transfer encoding", "file system imposed",
        "null mx", "storage space", "free of", "in this domain", "in domain", "in our domain", "at this domain",
        "for this domain", "of this domain", "recipient domain", "recipient s domain", "unknown domain",
        "domain unknown", "domain not found", "domain does not exist", "domain does not accept", "not be delivered",
        "not be accepted", "cannot be delivered", "cannot be accepted", "remote server returned",
    ]

    private static let harmless = harmlessPhrases.map { Array(" \($0) ".utf8) }
    private static let space = UInt8(ascii: " ")

    private static func isQuoted(_ word: ArraySlice<UInt8>) -> Bool {
        let inner = word.drop { $0 == UInt8(ascii: "(") }
        guard let quote = inner.first, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else { return false }
        return inner.dropFirst().contains(quote)
    }

    private static func parts(of word: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        word.split { !isLetterOrDigit($0) }
    }

    private static func isLetterOrDigit(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), 0x80...: true
        default: false
        }
    }

    /// Replaces every occurrence of a phrase, which begins and ends with a space, by a space.
    private static func text(_ text: [UInt8], without phrase: [UInt8]) -> [UInt8] {
        var kept: [UInt8] = []
        var rest = text[...]
        while let start = rest.indices.first(where: { rest[$0...].starts(with: phrase) }) {
            kept.append(contentsOf: rest[..<start])
            // The last space may begin the next occurrence.
            rest = rest[(start + phrase.count - 1)...]
        }
        return kept + rest
    }
}
