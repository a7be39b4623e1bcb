internal import Mail
internal import NIOCore

/// Rewrites a header as it arrives, however it is split.
///
/// - Mbox separator lines before it (``MailboxLine``) become fields, `X-Mailbox-Line`: unchanged they would end the
///   header, and with the relay's fields in front all other fields would become body.
/// - The fields `X-Posthorse-Send-At`, `X-Posthorse-Stream` and `X-Posthorse-Priority` are removed, and `Idempotency-Key` if
///   requested, and their values are kept: they are meant for this relay only.
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
        case none, key, ours, mailboxLine
    }

    /// What preceded the current line.
    private enum Former {
        case nothing, mailboxLine, field
    }

    private static let mailboxField: StaticString = "X-Mailbox-Line: "

    /// Shared by all messages.
    private static let sendAtName = Array("x-posthorse-send-at".utf8)
    private static let streamName = Array("x-posthorse-stream".utf8)
    private static let priorityName = Array("x-posthorse-priority".utf8)

    private let takesKey: Bool
    private var state = State.lineStart
    private var former = Former.nothing
    /// The beginning of a line that may have to be rewritten, not yet passed on.
    private var held: [UInt8] = []
    /// Whether a stuffing dot before ``held`` has not been passed on yet.
    private var isDotHeld = false
    private var candidate = Candidate.none
    private var mailboxLine = MailboxLine()
    /// The field that is being taken.
    private var taking: WritableKeyPath<HeaderFilter, TakenField>?
    private var key = TakenField("idempotency-key")
    /// When to send the message.
    private(set) var sendAt = TakenField(name: Self.sendAtName)
    /// What the message belongs to.
    private(set) var stream = TakenField(name: Self.streamName)
    /// Which class the message asks for.
    private(set) var priority = TakenField(name: Self.priorityName)
    /// Octets by which the content has grown, without stuffing dots; negative if more was removed.
    private(set) var growth = 0

    /// - Parameter takesKey: whether to remove the key.
    init(takesKey: Bool) {
        self.takesKey = takesKey
    }

    /// Whether there is a key, valid or not.
    var hasKey: Bool { key.count > 0 }

    var finding: Finding {
        guard hasKey else { return .none }
        guard let value = key.value, value.allSatisfy({ (0x21...0x7E).contains($0) }) else { return .invalid }
        return .key(Array(value))
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

    /// Whether a look at the start of each line shows that nothing will be rewritten, as in most messages.
    private func leavesAlone(_ bytes: UnsafeRawBufferPointer, isStuffed: Bool) -> Bool {
        guard !takesKey, former == .nothing, state == .lineStart, let first = bytes.first else { return false }
        switch first {
        case UInt8(ascii: ">"): return false
        case UInt8(ascii: "F") where !bytes.prefix(5).elementsEqual("From:".utf8): return false
        default: return hasOnlyOthers(bytes, isStuffed: isStuffed)
        }
    }

    /// Whether the whole header is here, and no line of it begins like a field that is taken. An octet that starts neither
    /// a field nor a folded line ends the header.
    private func hasOnlyOthers(_ bytes: UnsafeRawBufferPointer, isStuffed: Bool) -> Bool {
        var start = 0
        while start < bytes.count {
            switch bytes[start] {
            case UInt8(ascii: "X"), UInt8(ascii: "x"):
                let line = bytes[start...]
                if Self.agrees(line, sendAt.name) || Self.agrees(line, stream.name)
                    || Self.agrees(line, priority.name)
                {
                    return false
                }
            case UInt8(ascii: ".") where isStuffed: return false
            case 0x20, 0x09, 0x21...0x39, 0x3B...0x7E: break
            default: return true
            }
            guard let end = bytes.position(of: 0x0A, in: start..<bytes.count) else { return false }
            start = end + 1
        }
        return false
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
        if let taking { take(range, into: taking) } else { kept.writeBytes(range) }
        if lineEnd != nil { state = .lineStart }
        return end
    }

    private mutating func take(
        _ bytes: UnsafeRawBufferPointer, into field: WritableKeyPath<HeaderFilter, TakenField>
    ) {
        growth -= bytes.count
        self[keyPath: field].take(bytes)
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
        taking = nil
        state = .name
        mailboxLine = MailboxLine()
        mailboxLine.take(octet)
        candidate = former != .field && mailboxLine.isPossible ? .mailboxLine : field(startingWith: octet)
        if candidate == .mailboxLine { held.append(octet) } else { appendToName(octet, into: &kept) }
    }

    private func field(startingWith octet: UInt8) -> Candidate {
        octet.asciiLowercased == UInt8(ascii: "x") ? .ours : takesKey ? .key : .none
    }

    /// A folded line continues the previous field.
    private mutating func continueValue(with space: UInt8, into kept: inout ByteBuffer) {
        guard former != .nothing else { return pass(space, then: .finished, into: &kept) }
        state = .value
        guard let taking else { return pass(space, then: .value, into: &kept) }
        isDotHeld = false
        withUnsafeBytes(of: space) { take($0, into: taking) }
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
        case .key: Self.continues(key.name, held, with: octet)
        case .ours:
            Self.continues(sendAt.name, held, with: octet) || Self.continues(stream.name, held, with: octet)
                || Self.continues(priority.name, held, with: octet)
        case .mailboxLine: mailboxLine.isPossible
        }
    }

    private static func continues(_ name: [UInt8], _ held: [UInt8], with octet: UInt8) -> Bool {
        held.count < name.count && octet.asciiLowercased == name[held.count] && agrees(held, name)
    }

    /// Whether one begins like the other, in any case.
    private static func agrees(_ octets: some Sequence<UInt8>, _ name: [UInt8]) -> Bool {
        zip(octets, name).allSatisfy { $0.asciiLowercased == $1 }
    }

    /// The field of this relay that the name is, if it is whole.
    private var ourField: WritableKeyPath<HeaderFilter, TakenField>? {
        if isHeld(sendAt.name) { return \.sendAt }
        if isHeld(stream.name) { return \.stream }
        return isHeld(priority.name) ? \.priority : nil
    }

    private func isHeld(_ name: [UInt8]) -> Bool { held.count >= name.count && Self.agrees(held, name) }

    /// Whether the whole name has matched.
    private var isNameWhole: Bool {
        switch candidate {
        case .none: false
        case .key: held.count >= key.name.count
        case .ours: ourField != nil
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
        guard let field = takenField else { return pass(0x3A, then: .value, into: &kept) }
        growth -= held.count + 1
        held = []
        isDotHeld = false
        self[keyPath: field].begin()
        taking = field
        state = .value
    }

    /// The field that the name before a colon belongs to, if it is to be taken.
    private var takenField: WritableKeyPath<HeaderFilter, TakenField>? {
        guard isNameWhole else { return nil }
        return switch candidate {
        case .key: \.key
        case .ours: ourField
        case .none, .mailboxLine: nil
        }
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
