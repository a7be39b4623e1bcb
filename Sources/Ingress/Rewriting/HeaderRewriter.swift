internal import Mail
internal import NIOCore

/// Rewrites addresses in the header fields of ``RewriteRules`` as content arrives, however it is split; every other octet
/// passes as it came.
///
/// It sees the same fields as ``HeaderScanner``: a line that is not a field ends the header. A field that is no list of
/// addresses, or has more than ``limit`` octets, passes unchanged.
struct HeaderRewriter {
    /// Maximum octets of a field that is held until its end.
    static let limit = 64 << 10

    private enum State {
        /// At the first octet of a line. Next: `dot`, `emptyLine`, `name`, `field` or `value` (folded), `finished`.
        case lineStart
        /// A stuffing dot has come as the first octet of a line (RFC 5321 section 4.5.2). Next: as from `lineStart`.
        case dot
        /// CR has come as the first octet of a line. Next: `finished`.
        case emptyLine
        /// Within a possible name. Next: `blank`, `field`, `value`, `finished`.
        case name
        /// White space behind a name (RFC 5322 section 4.5). Next: `field`, `value`, `finished`.
        case blank
        /// Within a field that is held. Next: `lineStart`, `value`.
        case field
        /// Within any other field. Next: `lineStart`.
        case value
        /// The header has ended; the rest passes unchanged.
        case finished
    }

    private let rules: RewriteRules
    private let names: [(name: [UInt8], field: RewriteRule.Field)]
    private var state = State.lineStart
    /// What has not been passed on: a name that may be one of ``names``, or a field from its name on, without stuffing.
    private var held: [UInt8] = []
    private var isDotHeld = false
    /// Whether ``held`` may still be one of ``names``.
    private var isCandidate = false
    /// The field that is held, and where its body begins.
    private var holding: (field: RewriteRule.Field, body: Int)?
    private var hasField = false
    /// Octets by which the content has grown.
    private(set) var growth = 0

    init(_ rules: RewriteRules) {
        self.rules = rules
        names = rules.fields.map { (Array($0.rawValue.lowercased().utf8), $0) }
    }

    /// Processes the next part of the content; returns the result, or nil if the part passes unchanged.
    ///
    /// - Parameter isStuffed: whether the content is dot-stuffed.
    mutating func pass(_ bytes: UnsafeRawBufferPointer, isStuffed: Bool) -> ByteBuffer? {
        guard state != .finished else { return nil }
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

    /// What is held back at the end of the content, if anything.
    mutating func finish() -> ByteBuffer? {
        var kept = ByteBuffer()
        endField(into: &kept)
        release(into: &kept)
        state = .finished
        return kept.readableBytes > 0 ? kept : nil
    }

    private mutating func passValue(
        _ bytes: UnsafeRawBufferPointer, from start: Int, into kept: inout ByteBuffer
    ) -> Int {
        let lineEnd = bytes.position(of: 0x0A, in: start..<bytes.count)
        let end = lineEnd.map { $0 + 1 } ?? bytes.count
        kept.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
        if lineEnd != nil { state = .lineStart }
        return end
    }

    private mutating func advance(over octet: UInt8, isStuffed: Bool, into kept: inout ByteBuffer) {
        switch state {
        case .lineStart where isStuffed && octet == UInt8(ascii: "."):
            isDotHeld = true
            state = .dot
        case .lineStart, .dot: startLine(with: octet, into: &kept)
        case .emptyLine, .finished: pass(octet, then: .finished, into: &kept)
        case .name, .blank: continueName(with: octet, into: &kept)
        case .field: hold(octet, into: &kept)
        case .value: preconditionFailure("values are passed in one piece")
        }
    }

    // MARK: Lines

    private mutating func startLine(with octet: UInt8, into kept: inout ByteBuffer) {
        let isFolded = octet == 0x20 || octet == 0x09
        if isFolded, holding != nil {
            isDotHeld = false
            state = .field
            return hold(octet, into: &kept)
        }
        // The dot belongs to this line, not to the field before it.
        let isDotOfLine = isDotHeld
        isDotHeld = false
        endField(into: &kept)
        isDotHeld = isDotOfLine
        switch octet {
        case 0x0D: pass(octet, then: .emptyLine, into: &kept)
        case 0x20, 0x09: pass(octet, then: hasField ? .value : .finished, into: &kept)
        case 0x21...0x39, 0x3B...0x7E:
            state = .name
            isCandidate = true
            appendToName(octet, into: &kept)
        default: pass(octet, then: .finished, into: &kept)
        }
    }

    private mutating func continueName(with octet: UInt8, into kept: inout ByteBuffer) {
        switch octet {
        case UInt8(ascii: ":"): endName(into: &kept)
        case 0x20, 0x09:
            if state == .name { isCandidate = isCandidate && field(of: held) != nil }
            state = .blank
            if isCandidate { held.append(octet) } else { pass(octet, then: .blank, into: &kept) }
        case 0x21...0x7E where state == .name: appendToName(octet, into: &kept)
        default: pass(octet, then: .finished, into: &kept)
        }
    }

    private mutating func appendToName(_ octet: UInt8, into kept: inout ByteBuffer) {
        let lower = octet.asciiLowercased
        isCandidate =
            isCandidate
            && names.contains { name, _ in
                held.count < name.count && name[held.count] == lower
                    && zip(held, name).allSatisfy { $0.asciiLowercased == $1 }
            }
        if isCandidate { held.append(octet) } else { pass(octet, then: .name, into: &kept) }
    }

    private func field(of name: [UInt8]) -> RewriteRule.Field? {
        let lower = name.map(\.asciiLowercased)
        return names.first { $0.name == lower }?.field
    }

    private mutating func endName(into kept: inout ByteBuffer) {
        hasField = true
        let name = Array(held.prefix { $0 > 0x20 })
        guard isCandidate, let field = field(of: name) else {
            return pass(UInt8(ascii: ":"), then: .value, into: &kept)
        }
        isDotHeld = false
        held.append(UInt8(ascii: ":"))
        holding = (field, held.count)
        state = .field
    }

    // MARK: Fields

    private mutating func hold(_ octet: UInt8, into kept: inout ByteBuffer) {
        held.append(octet)
        if octet == 0x0A { state = .lineStart }
        guard held.count > Self.limit else { return }
        holding = nil
        release(into: &kept)
        if octet != 0x0A { state = .value }
    }

    private mutating func endField(into kept: inout ByteBuffer) {
        guard let (field, start) = holding else { return }
        holding = nil
        let body = Array(held[start...])
        kept.writeBytes(held[..<start])
        held = []
        var end = 0
        for mailbox in MailboxList(body)?.mailboxes ?? [] {
            guard let address = rules.address(mailbox.address, in: field) else { continue }
            kept.writeBytes(body[end..<mailbox.range.lowerBound])
            kept.writeString(address)
            growth += address.utf8.count - mailbox.range.count
            end = mailbox.range.upperBound
        }
        kept.writeBytes(body[end...])
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
