package import Mail

/// The parsed arguments of `MAIL`.
package struct MailArguments: Hashable, Sendable {
    package let sender: ReversePath
    /// Declared size in octets (RFC 1870); nil if not declared.
    package let size: Int?
    package let body: BodyType
    package let options: MessageOptions
    /// When to send the message (RFC 4865); nil if not given.
    package let release: ReleaseRequest?
}

/// The parsed arguments of `RCPT`.
package struct RecipientArguments: Hashable, Sendable {
    package let recipient: Address
    package let options: RecipientOptions
}

/// Parses the arguments of one command line without its CRLF (RFC 5321 section 4.1.1).
///
/// White space at the end of the line and around `FROM:` and `TO:` is tolerated, as in every server.
struct CommandParser {
    private let bytes: UnsafeRawBufferPointer
    private let end: Int
    private let isStrict: Bool
    let verb: CommandVerb
    private let arguments: Int

    /// - Parameter isStrict: whether addresses must conform to the grammar.
    init(_ line: UnsafeRawBufferPointer, isStrict: Bool = false) {
        self.isStrict = isStrict
        var end = line.count
        while end > 0, line[end - 1] == 0x20 || line[end - 1] == 0x09 { end -= 1 }
        let word = line.position(of: 0x20, in: 0..<end) ?? end
        bytes = UnsafeRawBufferPointer(rebasing: line[..<end])
        verb = CommandVerb(UnsafeRawBufferPointer(rebasing: line[..<word]))
        arguments = min(word + 1, end)
        self.end = end
    }

    /// Whether the line consists of visible ASCII, spaces and tabs only.
    static func isPlain(_ line: UnsafeRawBufferPointer) -> Bool {
        line.allSatisfy { $0 >= 0x20 && $0 < 0x7F || $0 == 0x09 || $0 >= 0x80 }
    }

    /// Whether the line is meant as a BDAT command, however malformed.
    static func announcesChunk(_ line: UnsafeRawBufferPointer) -> Bool {
        UnsafeRawBufferPointer(rebasing: line.prefix(4)).equalsIgnoringCase("bdat")
    }

    var hasArguments: Bool { arguments < end }

    /// The client's name as given, with a question mark for each octet that is neither visible ASCII nor a space,
    /// truncated to ``nameLimit`` octets. nil if there is none.
    var clientName: String? {
        let name = bytes[arguments..<end].drop(while: Self.isBlank).prefix(Self.nameLimit)
        guard !name.isEmpty else { return nil }
        guard !name.allSatisfy(Self.isShown) else { return String(decoding: name, as: UTF8.self) }
        return String(decoding: name.map { Self.isShown($0) ? $0 : UInt8(ascii: "?") }, as: UTF8.self)
    }

    /// Maximum number of octets kept of a client's name.
    static let nameLimit = 255

    private static func isShown(_ octet: UInt8) -> Bool {
        (0x20...0x7E).contains(octet)
    }

    private static func isBlank(_ octet: UInt8) -> Bool {
        octet == 0x20 || octet == 0x09
    }

    func mail(_ offer: ServerOffer) throws(CommandError) -> MailArguments {
        guard let start = skip("from") else { throw CommandError(.mailSyntax) }
        guard let path = path(from: start, offer), !isDomainless(path)
        else { throw CommandError(.senderSyntax) }
        let parameters = path.end == end ? nil : try MailParameters(bytes, from: path.end, offer: offer)
        let options = parameters?.options ?? .none
        // RFC 6531 section 3.5.
        guard path.isASCII || options.usesUTF8 else { throw CommandError(.senderNeedsUTF8) }
        let sender = path.mailbox.isEmpty ? ReversePath.null : ReversePath(address: address(path))
        return MailArguments(
            sender: sender, size: parameters?.size, body: parameters?.body ?? .sevenBit, options: options,
            release: parameters?.release)
    }

    /// - Parameter usesUTF8: whether the transaction has SMTPUTF8.
    func recipient(_ offer: ServerOffer, usesUTF8: Bool) throws(CommandError) -> RecipientArguments {
        guard let start = skip("to") else { throw CommandError(.rcptSyntax) }
        guard let path = path(from: start, offer), !path.mailbox.isEmpty
        else { throw CommandError(.recipientSyntax) }
        // RFC 6531 section 3.5.
        guard path.isASCII || usesUTF8 else { throw CommandError(.recipientNeedsUTF8) }
        let options =
            path.end == end
            ? .none : try RecipientParameters(bytes, from: path.end, offer: offer, allowsUTF8: usesUTF8).options
        return RecipientArguments(recipient: address(path), options: options)
    }

    /// The arguments of BDAT, `size` and optionally `LAST` (RFC 3030 section 2); nil if invalid.
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

    /// Checks the argument of VRFY: it must exist, and beyond ASCII it needs the parameter of RFC 6531 section 3.7.4.2.
    func checkName(_ offer: ServerOffer) throws(CommandError) {
        let name = UnsafeRawBufferPointer(rebasing: bytes[arguments..<end])
        guard name.contains(where: { $0 != 0x20 }) else { throw CommandError(.nameMissing) }
        guard name.contains(where: { $0 >= 0x80 }) else { return }
        guard UnicodeText.isValid(name, \.isHarmless) else { throw CommandError(.recipientSyntax) }
        let word = UnsafeRawBufferPointer(rebasing: name.suffix(9))
        guard offer.utf8, word.equalsIgnoringCase(" smtputf8") else { throw CommandError(.nameNeedsUTF8) }
    }

    /// The index after `keyword`, its colon and surrounding white space; nil if the arguments do not start with it.
    private func skip(_ keyword: StaticString) -> Int? {
        let start = skipBlanks(from: arguments)
        let length = keyword.utf8CodeUnitCount
        guard end - start > length,
            UnsafeRawBufferPointer(rebasing: bytes[start..<start + length]).equalsIgnoringCase(keyword)
        else { return nil }
        let colon = skipBlanks(from: start + length)
        guard colon < end, bytes[colon] == UInt8(ascii: ":") else { return nil }
        return skipBlanks(from: colon + 1)
    }

    private func skipBlanks(from start: Int) -> Int {
        var index = start
        while index < end, Self.isBlank(bytes[index]) { index += 1 }
        return index
    }

    /// The path that starts here and is followed by a space or nothing.
    private func path(from start: Int, _ offer: ServerOffer) -> PathParser.Path? {
        guard let path = PathParser.parse(bytes, from: start, allowsUTF8: offer.utf8, isStrict: isStrict),
            path.end == end || bytes[path.end] == 0x20
        else { return nil }
        return path
    }

    private func isDomainless(_ path: PathParser.Path) -> Bool {
        !path.mailbox.isEmpty && !bytes[path.mailbox].contains(UInt8(ascii: "@"))
    }

    private func address(_ path: PathParser.Path) -> Address {
        Address(unchecked: String(decoding: bytes[path.mailbox], as: UTF8.self))
    }
}

/// A command with invalid arguments, and the reply to it.
struct CommandError: Error {
    let reply: ServerReply

    init(_ reply: ServerReply) {
        self.reply = reply
    }
}
