/// Splits a server's octets into responses (RFC 9051 section 2.2.2): lines, with the literals in them.
///
/// A response comes out as it was sent, without the CRLF at its end; a literal keeps its length, `{5}` CRLF. A bare LF ends
/// a line too. Status responses have human text at their end, where braces announce nothing.
///
/// What is held never exceeds the limit for a response: more is an error before it is kept.
struct ResponseFramer: Sendable {
    private let limits: MailboxLimits
    private var held: [UInt8] = []
    /// Where the line begins that is being read; behind a literal, it goes on.
    private var lineStart = 0
    /// Octets of the literal that are missing.
    private var literalRest = 0

    init(_ limits: MailboxLimits) {
        self.limits = limits
    }

    /// Octets held.
    var count: Int { held.count }

    /// Takes octets up to the end of a response.
    ///
    /// - Returns: the response; nil if all octets are taken and more are needed. Empty lines are skipped.
    /// - Throws: ``MailboxError`` `tooLarge` and `syntax`; nothing sensible can follow.
    mutating func next(_ octets: inout ArraySlice<UInt8>) throws(MailboxError) -> [UInt8]? {
        while !octets.isEmpty {
            if literalRest > 0 {
                takeLiteral(&octets)
            } else if let response = try takeLine(&octets) {
                return response
            }
        }
        return nil
    }

    private mutating func takeLiteral(_ octets: inout ArraySlice<UInt8>) {
        let part = octets.prefix(literalRest)
        held += part
        literalRest -= part.count
        octets = octets.dropFirst(part.count)
        if literalRest == 0 { lineStart = held.count }
    }

    private mutating func takeLine(_ octets: inout ArraySlice<UInt8>) throws(MailboxError) -> [UInt8]? {
        let end = octets.firstIndex(of: 0x0A)
        let part = end.map { octets[...$0] } ?? octets
        guard held.count - lineStart + part.count <= limits.line else {
            throw .tooLarge("a line of the server has more than \(limits.line) octets")
        }
        try reserve(part.count)
        held += part
        octets = octets[part.endIndex...]
        return end == nil ? nil : try endLine()
    }

    private func reserve(_ count: Int) throws(MailboxError) {
        guard held.count + count <= limits.response else {
            throw .tooLarge("a response of the server has more than \(limits.response) octets")
        }
    }

    private mutating func endLine() throws(MailboxError) -> [UInt8]? {
        if let length = try announcedLiteral() {
            try reserve(length)
            literalRest = length
            if length == 0 { lineStart = held.count }
            return nil
        }
        var response = held
        response.removeLast(response.dropLast().last == 0x0D ? 2 : 1)
        held.removeAll(keepingCapacity: held.count < 4096)
        lineStart = 0
        return response.isEmpty ? nil : response
    }

    /// The length of the literal that the line ends with; nil if it ends with none.
    private func announcedLiteral() throws(MailboxError) -> Int? {
        let line = held[lineStart...].dropLast(held.dropLast().last == 0x0D ? 2 : 1)
        guard line.last == UInt8(ascii: "}"), let brace = line.lastIndex(of: UInt8(ascii: "{")), mayHoldLiterals else {
            return nil
        }
        var digits = line[line.index(after: brace)...].dropLast()
        if digits.last == UInt8(ascii: "+") { digits = digits.dropLast() }
        guard !digits.isEmpty, digits.allSatisfy(\.isDigit) else { return nil }
        guard let length = Int(String(decoding: digits.prefix(18), as: UTF8.self)), digits.count <= 18,
            length <= limits.literal
        else {
            throw .tooLarge(
                "the server announces a literal of \(ServerWords.visible(digits)) octets, more than \(limits.literal)")
        }
        return length
    }

    /// Only untagged data has literals: the others end with human text.
    private var mayHoldLiterals: Bool {
        guard held.starts(with: "* ".utf8) else { return false }
        let word = held.dropFirst(2).prefix { $0 > 0x20 }.prefix(8)
        return !["OK", "NO", "BAD", "BYE", "PREAUTH"].contains(String(decoding: word, as: UTF8.self).uppercased())
    }
}

extension MailboxError {
    static func tooLarge(_ message: String) -> Self { Self(.protocol, .tooLarge, message) }

    static func syntax(_ message: String, _ octets: some Collection<UInt8>) -> Self {
        Self(.protocol, .syntax, message, answer: ServerWords.visible(octets))
    }

    static func unexpected(_ message: String, _ octets: some Collection<UInt8> = []) -> Self {
        Self(.protocol, .unexpected, message, answer: octets.isEmpty ? nil : ServerWords.visible(octets))
    }
}

extension UInt8 {
    var isDigit: Bool { (0x30...0x39).contains(self) }
}
