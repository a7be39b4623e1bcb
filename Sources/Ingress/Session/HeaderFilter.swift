internal import Mail
internal import NIOCore

/// Rewrites a header as it arrives, however it is split.
///
/// - Mbox separator lines before it (``MailboxLine``) become fields, `X-Mailbox-Line`: unchanged they would end the
///   header, and with the relay's fields in front all other fields would become body.
/// - The field `Idempotency-Key` is removed if requested, and its value kept: it is meant for this relay only.
///
/// It sees the same fields as ``HeaderScanner``: a line that is not a field ends the header.
struct HeaderFilter {
    /// What the header has contained so far.
    enum Finding: Equatable {
        case none
        case key([UInt8])
        /// More than one, or one that is empty, too long, or not visible ASCII.
        case invalid
    }

    private enum State {
        /// At the first octet of a line. Next: `dot`, `emptyLine`, `name`, `value` (folded), `finished`.
        case lineStart
        /// A stuffing dot has come as the first octet of a line (RFC 5321 section 4.5.2). Next: as from `lineStart`.
        case dot
        /// CR has come as the first octet of a line. Next: `finished`.
        case emptyLine
        /// Within a possible field name. Next: `colon`, `value`, `finished`.
        case name
        /// White space after a name, or a possible one (RFC 5322 section 4.5). Next: `value`, `finished`.
        case colon
        /// Within the body of a field, or an mbox separator line. Next: `lineStart`.
        case value
        /// The header has ended; the rest passes unchanged.
        case finished
    }

    /// What the current line may turn out to be.
    private enum Candidate {
        case none, key, mailboxLine
    }

    /// What preceded the current line.
    private enum Former {
        case nothing, mailboxLine, field
    }

    /// Maximum octets of a key.
    static let keyLimit = 256
    private static let name = Array("idempotency-key".utf8)
    private static let mailboxField: StaticString = "X-Mailbox-Line: "

    private let takesKey: Bool
    private var state = State.lineStart
    private var former = Former.nothing
    /// The beginning of a line that may have to be rewritten, not yet passed on.
    private var held: [UInt8] = []
    /// Whether a stuffing dot before ``held`` has not been passed on yet.
    private var isDotHeld = false
    private var candidate = Candidate.none
    private var mailboxLine = MailboxLine()
    private var isInKey = false
    private var fields = 0
    private var value: [UInt8] = []
    /// Whether more than white space has followed what ``value`` has room for.
    private var isTooLong = false
    /// Octets by which the content has grown, without stuffing dots; negative if more was removed.
    private(set) var growth = 0

    /// - Parameter takesKey: whether to remove the key.
    init(takesKey: Bool) {
        self.takesKey = takesKey
    }

    /// Whether there is a key, valid or not.
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

    /// Processes the next part of the content; returns the result, or nil if the part passes unchanged.
    ///
    /// - Parameter isStuffed: whether the content is dot-stuffed.
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

    /// Whether the first octets show that nothing will be rewritten, as in most messages.
    private func leavesAlone(_ bytes: UnsafeRawBufferPointer, isStuffed: Bool) -> Bool {
        guard !takesKey, former == .nothing, state == .lineStart, let first = bytes.first else { return false }
        switch first {
        case UInt8(ascii: ">"): return false
        case UInt8(ascii: "."): return !isStuffed
        case UInt8(ascii: "F"): return bytes.prefix(5).elementsEqual("From:".utf8)
        default: return true
        }
    }

    /// The remaining octets held back at the end of the content, if any.
    mutating func finish() -> ByteBuffer? {
        guard isDotHeld || !held.isEmpty else { return nil }
        var kept = ByteBuffer()
        release(into: &kept)
        return kept
    }

    /// Continues to the end of the line, or of the part.
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
        case .value: preconditionFailure("values are passed in one piece")
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

    /// A folded line continues the previous field.
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

    /// Whether the line can still be what it may be, given this octet of its name.
    private func isCandidate(with octet: UInt8) -> Bool {
        switch candidate {
        case .none: false
        case .key: held.count < Self.name.count && octet.asciiLowercased == Self.name[held.count]
        case .mailboxLine: mailboxLine.isPossible
        }
    }

    /// Whether the whole name has matched.
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

    /// A stuffing dot is not part of the line.
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
