/// Reads the header of a message while it arrives, in parts cut anywhere, and notices what a relay has to know of it
/// (RFC 5322 section 2.2, RFC 5321 section 4.4). Nothing is kept but the values of `Message-ID` and of fields that were asked
/// for.
///
/// Lines of an mbox file in front of the first field (``MailboxLine``) count as fields without a name. Lines must end with CRLF.
/// Of stuffed content a dot at the start of a line is not meant: whoever undoes the stuffing finds
/// `.Received:` to be `Received:` (RFC 5321 section 4.5.2). What follows the header is not looked at.
package struct HeaderScanner: Sendable {
    /// How far the scan is within its line.
    enum State: Equatable, Sendable {
        /// At the first octet of a line. Next: `dot`, `emptyLine`, `name`, `value` (folded), `finished`.
        case lineStart
        /// A dot that is not meant has come as the first octet of a line. Next: as from `lineStart`.
        case dot
        /// CR has come as the first octet of a line. Next: `finished`.
        case emptyLine
        /// Within what may be a field name. Next: `colon`, `value`, `finished`.
        case name
        /// White space after a name; only a colon makes it a field (RFC 5322 section 4.5.8). Next: `value`, `finished`.
        case colon
        /// Within the body of a field. Next: `lineStart`.
        case value
        /// The header has ended; nothing more is looked at.
        case finished
    }

    /// Octets of a Message-ID that are kept at most: the longest line there may be.
    package static let messageIDLimit = 998
    /// Octets of each field that was asked for which are kept at most.
    package static let valueLimit = 256

    /// Number of `Received` fields: the hops the message has made.
    package private(set) var receivedFields = 0
    package private(set) var hasDate = false
    package private(set) var hasMessageID = false
    /// Whether the first line that is none of an mbox file is neither a field nor empty: the content is all body, and a header in
    /// front of it must be closed by an empty line.
    package private(set) var lacksHeader = false

    /// Whether the body of a field has an octet that is not ASCII (RFC 6532 section 3.2).
    package private(set) var hasEightBit = false
    /// Octets of the header so far.
    package private(set) var octets = 0

    /// What has come before the present line.
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
    /// Bits of those names that agree with the whole blocks of 16 octets that have come of the present one.
    private var candidates = UInt64.max
    /// The first field of each wanted name, in the order in which they came.
    private var found: [(name: Int, body: FieldBody)] = []
    /// Whether the last of ``found`` is the present field.
    private var capturesFound = false

    /// - Parameter wanted: fields whose values are to be kept.
    package init(wanted: FieldNames = .none) {
        self.wanted = wanted
    }

    /// Whether the end of the header has been seen.
    package var isFinished: Bool { state == .finished }

    /// The value of the first `Message-ID` field, unfolded and without white space around it; empty where there is none.
    package var messageID: String { messageIDBody.text }

    /// The values of those wanted fields that are there, by name in lower case: the first field of a name, unfolded,
    /// without white space around it, at most ``valueLimit`` octets.
    package var values: [String: String] {
        guard !found.isEmpty else { return [:] }
        return Dictionary(uniqueKeysWithValues: found.map { (wanted.names[$0.name], $0.body.text) })
    }

    /// Takes the next part of the content.
    ///
    /// - Parameter isStuffed: whether a dot at the start of a line is not meant.
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

    /// Goes on to the end of the line, or to the end of the part.
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
        case .value: preconditionFailure("values are scanned as a whole")
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

    /// A folded line belongs to the field before it.
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

    /// The first field of a name counts.
    private mutating func beginWanted() {
        guard let index = wanted.index(length: nameLength, last: name, candidates: candidates),
            !found.contains(where: { $0.name == index })
        else { return }
        found.append((index, FieldBody(limit: Self.valueLimit)))
        capturesFound = true
    }

    /// A line that is no field ends the header, although no empty line has come.
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
