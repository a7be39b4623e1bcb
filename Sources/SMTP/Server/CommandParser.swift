package import Mail

/// What stood behind `MAIL`, read.
package struct MailArguments: Hashable, Sendable {
    package let sender: ReversePath
    /// Octets the client declared (RFC 1870); nil where it did not.
    package let size: Int?
    package let body: BodyType
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

    var hasArguments: Bool { arguments < end }

    /// The name a client gives itself, at most 255 visible ASCII octets; nil where there is none or it is none.
    var clientName: String? {
        let name = bytes[arguments..<end].drop { $0 == 0x20 }
        guard (1...PathParser.domainLimit).contains(name.count), name.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return nil }
        return String(decoding: name, as: UTF8.self)
    }

    func mail() throws(CommandError) -> MailArguments {
        guard let start = skip("from:") else { throw CommandError(.mailSyntax) }
        guard let path = PathParser.parse(bytes, from: start), isBoundary(path.end), !isDomainless(path) else {
            throw CommandError(.senderSyntax)
        }
        let parameters = try MailParameters(bytes, from: path.end)
        let sender = path.mailbox.isEmpty ? ReversePath.null : ReversePath(address: address(path))
        return MailArguments(sender: sender, size: parameters.size, body: parameters.body ?? .sevenBit)
    }

    func recipient() throws(CommandError) -> Address {
        guard let start = skip("to:") else { throw CommandError(.rcptSyntax) }
        guard let path = PathParser.parse(bytes, from: start), isBoundary(path.end), !path.mailbox.isEmpty else {
            throw CommandError(.recipientSyntax)
        }
        guard path.end == end else { throw CommandError(.unknownParameter) }
        return address(path)
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
