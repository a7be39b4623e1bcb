/// Scans a message header as it arrives, however it is split, for what a relay must know (RFC 5322 section 2.2, RFC
/// 5321 section 4.4). Keeps only the values of `Message-ID` and of requested fields.
///
/// Mbox separator lines before the first field (``MailboxLine``) count as fields without a name. Lines must end with
/// CRLF. In dot-stuffed content a dot at the start of a line is ignored: after unstuffing, `.Received:` is `Received:`
/// (RFC 5321 section 4.5.2). Nothing after the header is examined.
package struct HeaderScanner: Sendable {
    /// Position of the scan within its line.
    enum State: Equatable, Sendable {
        /// At the first octet of a line. Next: `dot`, `emptyLine`, `name`, `value` (folded), `finished`.
        case lineStart
        /// A stuffing dot has come as the first octet of a line. Next: as from `lineStart`.
        case dot
        /// CR has come as the first octet of a line. Next: `finished`.
        case emptyLine
        /// Within a possible field name. Next: `colon`, `value`, `finished`.
        case name
        /// White space after a name; only a colon makes it a field (RFC 5322 section 4.5.8). Next: `value`, `finished`.
        case colon
        /// Within the body of a field. Next: `lineStart`.
        case value
        /// The header has ended; the rest is ignored.
        case finished
    }

    /// Maximum octets kept of a Message-ID: the longest line possible.
    package static let messageIDLimit = 998
    /// Maximum octets kept of each requested field.
    package static let valueLimit = 256

    /// Number of `Received` fields, that is, hops so far.
    package private(set) var receivedFields = 0
    package private(set) var hasDate = false
    package private(set) var hasMessageID = false
    /// Whether the first line that is not an mbox separator is neither a field nor empty: the content is all body, and
    /// a header placed before it must be closed by an empty line.
    package private(set) var lacksHeader = false

    /// Whether a field body has a non-ASCII octet (RFC 6532 section 3.2).
    package private(set) var hasEightBit = false
    /// Octets of the header so far.
    package private(set) var octets = 0

    /// What preceded the current line.
    private enum Former {
        case nothing, mailboxLine, field
    }

    private var state = State.lineStart
    private var former = Former.nothing
    private var mailboxLine = MailboxLine()
    private var name: UInt128 = 0
    private var nameLength = 0
    private var capturesMessageID = false
    private var messageIDBody = FieldBody(limit: messageIDLimit)

    private let wanted: FieldNames
    /// Bit set of names that match the whole 16-octet blocks of the current name so far.
    private var candidates = UInt64.max
    /// The first field of each wanted name, in order of occurrence.
    private var found: [(name: Int, body: FieldBody)] = []
    /// Whether the last of ``found`` is the current field.
    private var capturesFound = false

    /// - Parameter wanted: fields whose values are to be kept.
    package init(wanted: FieldNames = .none) {
        self.wanted = wanted
    }

    /// Whether the end of the header has been reached.
    package var isFinished: Bool { state == .finished }

    /// Value of the first `Message-ID` field, unfolded and trimmed; empty if there is none.
    package var messageID: String { messageIDBody.text }

    /// Values of the wanted fields found, by name in lower case: the first field of a name, unfolded, trimmed, at most
    /// ``valueLimit`` octets.
    package var values: [String: String] {
        guard !found.isEmpty else { return [:] }
        return Dictionary(uniqueKeysWithValues: found.map { (wanted.names[$0.name], $0.body.text) })
    }

    /// Names, in lower case, of the fields that relay.conf adds, and that have been looked for.
    package var sought: [String] { wanted.added }

    /// Scans the next part of the content.
    ///
    /// - Parameter isStuffed: whether the content is dot-stuffed.
    package mutating func scan(_ bytes: UnsafeRawBufferPointer, isStuffed: Bool = false) {
        var index = 0
        while index < bytes.count, state != .finished {
            if state == .value {
                index = scanValue(bytes, from: index)
            } else {
                advance(over: bytes[index], isStuffed: isStuffed)
                index += 1
            }
        }
        octets += index
    }

    /// Continues to the end of the line, or of the part.
    private mutating func scanValue(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        let end = bytes.position(of: 0x0A, in: start..<bytes.count)
        if capturesMessageID || capturesFound { capture(bytes, start..<(end ?? bytes.count), endsLine: end != nil) }
        if !hasEightBit { hasEightBit = bytes.hasEightBit(in: start..<(end ?? bytes.count)) }
        guard let end else { return bytes.count }
        state = .lineStart
        return end + 1
    }

    private mutating func capture(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, endsLine: Bool) {
        if capturesMessageID { messageIDBody.append(bytes, range, endsLine: endsLine) }
        if capturesFound { found[found.count - 1].body.append(bytes, range, endsLine: endsLine) }
    }

    private mutating func advance(over octet: UInt8, isStuffed: Bool) {
        switch state {
        case .lineStart where isStuffed && octet == 0x2E: state = .dot
        case .lineStart, .dot: startLine(with: octet)
        case .emptyLine, .finished: state = .finished
        case .name, .colon: continueName(with: octet)
        case .value: preconditionFailure("values are scanned in one piece")
        }
    }

    private mutating func startLine(with octet: UInt8) {
        switch octet {
        case 0x0D: state = .emptyLine
        case 0x20, 0x09: former == .nothing ? endAtOddLine() : continueValue(with: octet)
        case 0x21...0x39, 0x3B...0x7E:
            capturesMessageID = false
            capturesFound = false
            candidates = .max
            name = UInt128(octet.asciiLowercased)
            nameLength = 1
            state = .name
            if former != .field { beginMailboxLine(with: octet) }
        default: endAtOddLine()
        }
    }

    /// A folded line continues the previous field.
    private mutating func continueValue(with space: UInt8) {
        state = .value
        if capturesMessageID { messageIDBody.fold(space) }
        if capturesFound { found[found.count - 1].body.fold(space) }
    }

    private mutating func continueName(with octet: UInt8) {
        switch octet {
        case 0x3A: endName()
        case 0x20, 0x09: state = .colon
        case 0x21...0x7E where state == .name:
            name = name << 8 | UInt128(octet.asciiLowercased)
            nameLength += 1
            if former != .field { mailboxLine.take(octet) }
            if nameLength & 15 == 0, !wanted.isEmpty {
                candidates &= wanted.agreeing(withBlock: nameLength / 16 - 1, name)
            }
        default: state == .colon && former != .field && mailboxLine.isWhole ? passMailboxLine(octet) : endAtOddLine()
        }
    }

    private mutating func beginMailboxLine(with octet: UInt8) {
        mailboxLine = MailboxLine()
        mailboxLine.take(octet)
    }

    private mutating func passMailboxLine(_ octet: UInt8) {
        former = .mailboxLine
        if octet >= 0x80 { hasEightBit = true }
        state = .value
    }

    private mutating func endName() {
        former = .field
        state = .value
        switch (nameLength, name) {
        case (8, Self.received): receivedFields += 1
        case (4, Self.date): hasDate = true
        case (10, Self.messageIDName):
            capturesMessageID = !hasMessageID
            hasMessageID = true
        default: break
        }
        if !wanted.isEmpty { beginWanted() }
    }

    /// Only the first field of a name counts.
    private mutating func beginWanted() {
        guard let index = wanted.index(length: nameLength, last: name, candidates: candidates),
            !found.contains(where: { $0.name == index })
        else { return }
        found.append((index, FieldBody(limit: Self.valueLimit)))
        capturesFound = true
    }

    /// A line that is not a field ends the header, even without an empty line.
    private mutating func endAtOddLine() {
        lacksHeader = former != .field
        state = .finished
    }

    private static let received = pack("received")
    private static let date = pack("date")
    private static let messageIDName = pack("message-id")

    private static func pack(_ name: StaticString) -> UInt128 {
        name.withUTF8Buffer { $0.reduce(0) { $0 << 8 | UInt128($1) } }
    }
}
