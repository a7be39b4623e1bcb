internal import Mail
internal import NIOCore

/// Changes a header while it arrives, in parts cut anywhere.
///
/// - Lines of an mbox file in front of it (``MailboxLine``) become fields, `X-Mailbox-Line`: as they are they would end the
///   header, and with the relay's fields in front of them all the other fields would be body.
/// - The field `Idempotency-Key` is taken out where that is asked for, and its value kept: it is meant for this relay and no
///   other.
///
/// It sees the same fields as ``HeaderScanner``: a line that is none ends the header.
struct HeaderFilter {
    /// What has been found in the header so far.
    enum Finding: Equatable {
        case none
        case key([UInt8])
        /// More than one, or one that is empty, too long, or holds more than visible ASCII.
        case invalid
    }

    private enum State {
        /// At the first octet of a line. Next: `dot`, `emptyLine`, `name`, `value` (folded), `finished`.
        case lineStart
        /// A dot has come as the first octet of a line, which is not meant (RFC 5321 section 4.5.2). Next: as from
        /// `lineStart`.
        case dot
        /// CR has come as the first octet of a line. Next: `finished`.
        case emptyLine
        /// Within what may be a field name. Next: `colon`, `value`, `finished`.
        case name
        /// White space after a name (RFC 5322 section 4.5), or after what may be one. Next: `value`, `finished`.
        case colon
        /// Within the body of a field, or a line of an mbox file. Next: `lineStart`.
        case value
        /// The header has ended; the rest passes.
        case finished
    }

    /// What the present line may turn out to be.
    private enum Candidate {
        case none, key, mailboxLine
    }

    /// What has come before the present line.
    private enum Former {
        case nothing, mailboxLine, field
    }

    /// Octets of a key at most.
    static let keyLimit = 256
    private static let name = Array("idempotency-key".utf8)
    private static let mailboxField: StaticString = "X-Mailbox-Line: "

    private let takesKey: Bool
    private var state = State.lineStart
    private var former = Former.nothing
    /// The beginning of a line that may be one to change, which is not passed on yet.
    private var held: [UInt8] = []
    /// Whether a dot in front of ``held`` is not passed on yet.
    private var isDotHeld = false
    private var candidate = Candidate.none
    private var mailboxLine = MailboxLine()
    private var isInKey = false
    private var fields = 0
    private var value: [UInt8] = []
    /// Whether more than white space has come behind what ``value`` has room for.
    private var isTooLong = false
    /// By so many octets the content has grown, without dots that are not meant; less than zero where more was taken out.
    private(set) var growth = 0

    /// - Parameter takesKey: whether the key is taken out.
    init(takesKey: Bool) {
        self.takesKey = takesKey
    }

    /// Whether the key is there, whatever it holds.
    var hasKey: Bool { fields > 0 }

    var finding: Finding {
        guard fields > 0 else { return .none }
        guard fields == 1, !isTooLong, let last = value.lastIndex(where: { !Self.isSpace($0) }) else {
            return .invalid
        }
        let key = value[...last]
        let isVisible = key.allSatisfy { (0x21...0x7E).contains($0) }
        return isVisible && key.count <= Self.keyLimit ? .key(Array(key)) : .invalid
    }

    private static func isSpace(_ octet: UInt8) -> Bool {
        octet == 0x20 || octet == 0x09 || octet == 0x0D || octet == 0x0A
    }

    /// Takes the next part of the content; what is left of it, or nil where all of it is.
    ///
    /// - Parameter isStuffed: whether a dot at the start of a line is not meant.
    mutating func pass(_ bytes: UnsafeRawBufferPointer, isStuffed: Bool) -> ByteBuffer? {
        guard state != .finished else { return nil }
        guard !leavesAlone(bytes, isStuffed: isStuffed) else {
            state = .finished
            return nil
        }
        var kept = ByteBuffer()
        kept.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count, state != .finished {
            if state == .value {
                index = passValue(bytes, from: index, into: &kept)
            } else {
                advance(over: bytes[index], isStuffed: isStuffed, into: &kept)
                index += 1
            }
        }
        kept.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[index...]))
        return kept
    }

    /// Whether the first octets of the content tell that nothing of it is going to change, as with most of it.
    private func leavesAlone(_ bytes: UnsafeRawBufferPointer, isStuffed: Bool) -> Bool {
        guard !takesKey, former == .nothing, state == .lineStart, let first = bytes.first else { return false }
        switch first {
        case UInt8(ascii: ">"): return false
        case UInt8(ascii: "."): return !isStuffed
        case UInt8(ascii: "F"): return bytes.prefix(5).elementsEqual("From:".utf8)
        default: return true
        }
    }

    /// The content has ended: what was held back, if anything.
    mutating func finish() -> ByteBuffer? {
        guard isDotHeld || !held.isEmpty else { return nil }
        var kept = ByteBuffer()
        release(into: &kept)
        return kept
    }

    /// Goes on to the end of the line, or to the end of the part.
    private mutating func passValue(
        _ bytes: UnsafeRawBufferPointer, from start: Int, into kept: inout ByteBuffer
    ) -> Int {
        let lineEnd = bytes.position(of: 0x0A, in: start..<bytes.count)
        let end = lineEnd.map { $0 + 1 } ?? bytes.count
        let range = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
        if isInKey { take(range) } else { kept.writeBytes(range) }
        if lineEnd != nil { state = .lineStart }
        return end
    }

    private mutating func take(_ bytes: UnsafeRawBufferPointer) {
        growth -= bytes.count
        let rest = value.isEmpty ? bytes.drop(while: Self.isSpace) : bytes[...]
        let part = rest.prefix(Self.keyLimit - value.count)
        value.append(contentsOf: part)
        if !isTooLong { isTooLong = rest[part.endIndex...].contains { !Self.isSpace($0) } }
    }

    private mutating func advance(over octet: UInt8, isStuffed: Bool, into kept: inout ByteBuffer) {
        switch state {
        case .lineStart where isStuffed && octet == 0x2E:
            isDotHeld = true
            state = .dot
        case .lineStart, .dot: startLine(with: octet, into: &kept)
        case .emptyLine, .finished: pass(octet, then: .finished, into: &kept)
        case .name, .colon: continueName(with: octet, into: &kept)
        case .value: preconditionFailure("values are passed as a whole")
        }
    }

    private mutating func startLine(with octet: UInt8, into kept: inout ByteBuffer) {
        switch octet {
        case 0x0D: pass(octet, then: .emptyLine, into: &kept)
        case 0x20, 0x09: continueValue(with: octet, into: &kept)
        case 0x21...0x39, 0x3B...0x7E: startName(with: octet, into: &kept)
        default: pass(octet, then: .finished, into: &kept)
        }
    }

    private mutating func startName(with octet: UInt8, into kept: inout ByteBuffer) {
        isInKey = false
        state = .name
        mailboxLine = MailboxLine()
        mailboxLine.take(octet)
        candidate = former != .field && mailboxLine.isPossible ? .mailboxLine : takesKey ? .key : .none
        if candidate == .mailboxLine { held.append(octet) } else { appendToName(octet, into: &kept) }
    }

    /// A folded line belongs to the field before it.
    private mutating func continueValue(with space: UInt8, into kept: inout ByteBuffer) {
        guard former != .nothing else { return pass(space, then: .finished, into: &kept) }
        state = .value
        guard isInKey else { return pass(space, then: .value, into: &kept) }
        isDotHeld = false
        withUnsafeBytes(of: space) { take($0) }
    }

    private mutating func appendToName(_ octet: UInt8, into kept: inout ByteBuffer) {
        mailboxLine.take(octet)
        if isCandidate(with: octet) {
            held.append(octet)
        } else {
            candidate = .none
            pass(octet, then: .name, into: &kept)
        }
    }

    /// Whether the line with this octet of its name is still what it may be.
    private func isCandidate(with octet: UInt8) -> Bool {
        switch candidate {
        case .none: false
        case .key: held.count < Self.name.count && octet.asciiLowercased == Self.name[held.count]
        case .mailboxLine: mailboxLine.isPossible
        }
    }

    /// Whether all of the name that is looked for has come.
    private var isNameWhole: Bool {
        switch candidate {
        case .none: false
        case .key: held.count >= Self.name.count
        case .mailboxLine: mailboxLine.isWhole
        }
    }

    private mutating func continueName(with octet: UInt8, into kept: inout ByteBuffer) {
        switch octet {
        case 0x3A: endName(into: &kept)
        case 0x20, 0x09:
            if isNameWhole {
                held.append(octet)
                state = .colon
            } else {
                candidate = .none
                pass(octet, then: .colon, into: &kept)
            }
        case 0x21...0x7E where state == .name: appendToName(octet, into: &kept)
        default:
            if state == .colon, candidate == .mailboxLine {
                passMailboxLine(octet, into: &kept)
            } else {
                pass(octet, then: .finished, into: &kept)
            }
        }
    }

    /// The dot that is not meant is none of the line.
    private mutating func passMailboxLine(_ octet: UInt8, into kept: inout ByteBuffer) {
        former = .mailboxLine
        isDotHeld = false
        kept.writeStaticString(Self.mailboxField)
        growth += Self.mailboxField.utf8CodeUnitCount
        pass(octet, then: .value, into: &kept)
    }

    private mutating func endName(into kept: inout ByteBuffer) {
        former = .field
        guard takesKey else { return pass(0x3A, then: .finished, into: &kept) }
        guard candidate == .key, isNameWhole else { return pass(0x3A, then: .value, into: &kept) }
        growth -= held.count + 1
        held = []
        isDotHeld = false
        fields += 1
        isInKey = true
        state = .value
    }

    private mutating func pass(_ octet: UInt8, then next: State, into kept: inout ByteBuffer) {
        release(into: &kept)
        kept.writeInteger(octet)
        state = next
    }

    private mutating func release(into kept: inout ByteBuffer) {
        if isDotHeld { kept.writeInteger(UInt8(ascii: ".")) }
        isDotHeld = false
        guard !held.isEmpty else { return }
        kept.writeBytes(held)
        held = []
    }
}
