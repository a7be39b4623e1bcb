package import Mail

/// What stood behind `MAIL`, read.
package struct MailArguments: Hashable, Sendable {
    package let sender: ReversePath
    /// Octets the client declared (RFC 1870); nil where it did not.
    package let size: Int?
    package let body: BodyType
    package let options: MessageOptions
}

/// What stood behind `RCPT`, read.
package struct RecipientArguments: Hashable, Sendable {
    package let recipient: Address
    package let options: RecipientOptions
}

/// Reads the arguments of one command line, given without its CRLF (RFC 5321 section 4.1.1).
///
/// White space at the end of the line and behind the colon is tolerated, as every server does.
struct CommandParser {
    private let bytes: UnsafeRawBufferPointer
    private let end: Int
    let verb: CommandVerb
    private let arguments: Int

    init(_ line: UnsafeRawBufferPointer) {
        var end = line.count
        while end > 0, line[end - 1] == 0x20 || line[end - 1] == 0x09 { end -= 1 }
        let word = line.position(of: 0x20, in: 0..<end) ?? end
        bytes = UnsafeRawBufferPointer(rebasing: line[..<end])
        verb = CommandVerb(UnsafeRawBufferPointer(rebasing: line[..<word]))
        arguments = min(word + 1, end)
        self.end = end
    }

    /// Whether the line holds nothing but visible ASCII, spaces and tabs.
    static func isPlain(_ line: UnsafeRawBufferPointer) -> Bool {
        line.allSatisfy { $0 >= 0x20 && $0 < 0x7F || $0 == 0x09 || $0 >= 0x80 }
    }

    /// Whether the line means to be a BDAT command, however malformed it is.
    static func announcesChunk(_ line: UnsafeRawBufferPointer) -> Bool {
        UnsafeRawBufferPointer(rebasing: line.prefix(4)).equalsIgnoringCase("bdat")
    }

    var hasArguments: Bool { arguments < end }

    /// The name a client gives itself, at most 255 visible ASCII octets; nil where there is none or it is none.
    var clientName: String? {
        let name = bytes[arguments..<end].drop { $0 == 0x20 }
        guard (1...PathParser.domainLimit).contains(name.count), name.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return nil }
        return String(decoding: name, as: UTF8.self)
    }

    func mail(_ offer: ServerOffer) throws(CommandError) -> MailArguments {
        guard let start = skip("from:") else { throw CommandError(.mailSyntax) }
        guard let path = PathParser.parse(bytes, from: start, allowsUTF8: offer.utf8), isBoundary(path.end),
            !isDomainless(path)
        else { throw CommandError(.senderSyntax) }
        let parameters = path.end == end ? nil : try MailParameters(bytes, from: path.end, offer: offer)
        let options = parameters?.options ?? .none
        // RFC 6531 section 3.5.
        guard path.isASCII || options.usesUTF8 else { throw CommandError(.senderNeedsUTF8) }
        let sender = path.mailbox.isEmpty ? ReversePath.null : ReversePath(address: address(path))
        return MailArguments(
            sender: sender, size: parameters?.size, body: parameters?.body ?? .sevenBit, options: options)
    }

    /// - Parameter usesUTF8: whether the transaction has SMTPUTF8.
    func recipient(_ offer: ServerOffer, usesUTF8: Bool) throws(CommandError) -> RecipientArguments {
        guard let start = skip("to:") else { throw CommandError(.rcptSyntax) }
        guard let path = PathParser.parse(bytes, from: start, allowsUTF8: offer.utf8), isBoundary(path.end),
            !path.mailbox.isEmpty
        else { throw CommandError(.recipientSyntax) }
        // RFC 6531 section 3.5.
        guard path.isASCII || usesUTF8 else { throw CommandError(.recipientNeedsUTF8) }
        let options =
            path.end == end
            ? .none : try RecipientParameters(bytes, from: path.end, offer: offer, allowsUTF8: usesUTF8).options
        return RecipientArguments(recipient: address(path), options: options)
    }

    /// The arguments of BDAT, `size` and perhaps `LAST` (RFC 3030 section 2); nil where they are none.
    var chunk: Chunk? {
        let text = UnsafeRawBufferPointer(rebasing: bytes[arguments..<end])
        let space = text.position(of: 0x20, in: 0..<text.count) ?? text.count
        guard let size = DecimalNumber.read(UnsafeRawBufferPointer(rebasing: text[..<space])) else { return nil }
        guard space < text.count else { return Chunk(size: size, isLast: false) }
        let word = UnsafeRawBufferPointer(rebasing: text[(space + 1)...])
        return word.equalsIgnoringCase("last") ? Chunk(size: size, isLast: true) : nil
    }

    /// The arguments of AUTH (RFC 4954 section 4): a mechanism in upper case, and the initial response, still encoded.
    func authentication() throws(CommandError) -> (mechanism: String, initial: UnsafeRawBufferPointer?) {
        let text = UnsafeRawBufferPointer(rebasing: bytes[arguments..<end])
        let space = text.position(of: 0x20, in: 0..<text.count) ?? text.count
        let name = text[..<space]
        guard (1...20).contains(name.count), name.allSatisfy(\.isLabelText) else {
            throw CommandError(.parameterSyntax)
        }
        let initial = space < text.count ? UnsafeRawBufferPointer(rebasing: text[(space + 1)...]) : nil
        guard initial?.contains(0x20) != true else { throw CommandError(.parameterSyntax) }
        return (String(decoding: name, as: UTF8.self).uppercased(), initial)
    }

    /// Checks the argument of VRFY: there is one, and beyond ASCII it needs the parameter of RFC 6531 section 3.7.4.2.
    func checkName(_ offer: ServerOffer) throws(CommandError) {
        let name = UnsafeRawBufferPointer(rebasing: bytes[arguments..<end])
        guard name.contains(where: { $0 != 0x20 }) else { throw CommandError(.nameMissing) }
        guard name.contains(where: { $0 >= 0x80 }) else { return }
        guard UnicodeText.isValid(name, \.isHarmless) else { throw CommandError(.recipientSyntax) }
        let word = UnsafeRawBufferPointer(rebasing: name.suffix(9))
        guard offer.utf8, word.equalsIgnoringCase(" smtputf8") else { throw CommandError(.nameNeedsUTF8) }
    }

    /// The index behind `keyword` and the white space after it; nil where the arguments do not start with it.
    private func skip(_ keyword: StaticString) -> Int? {
        let length = keyword.utf8CodeUnitCount
        guard end - arguments >= length,
            UnsafeRawBufferPointer(rebasing: bytes[arguments..<arguments + length]).equalsIgnoringCase(keyword)
        else { return nil }
        var index = arguments + length
        while index < end, bytes[index] == 0x20 || bytes[index] == 0x09 { index += 1 }
        return index
    }

    private func isBoundary(_ index: Int) -> Bool {
        index == end || bytes[index] == 0x20
    }

    private func isDomainless(_ path: PathParser.Path) -> Bool {
        !path.mailbox.isEmpty && !bytes[path.mailbox].contains(UInt8(ascii: "@"))
    }

    private func address(_ path: PathParser.Path) -> Address {
        Address(unchecked: String(decoding: bytes[path.mailbox], as: UTF8.self))
    }
}

/// A command whose arguments cannot be taken, with what the client is told.
struct CommandError: Error {
    let reply: ServerReply

    init(_ reply: ServerReply) {
        self.reply = reply
    }
}
