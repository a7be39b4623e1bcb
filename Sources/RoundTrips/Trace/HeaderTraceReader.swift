internal import Mail

/// Reads the header of a message as it comes, however it is split, for what a round trip needs to know. What it keeps
/// is bounded by ``fieldLimit`` and ``kept``, whatever comes.
///
/// Lines may end with CRLF or LF; a line that is no field is passed over.
package struct HeaderTraceReader: Sendable {
    /// Octets that are looked at; no header of an ordinary message is as long.
    package static let limit = 256 << 10
    /// Octets kept of one field.
    package static let fieldLimit = 4096
    private static let nameLimit = 64
    /// Fields that are looked for, and how many of each are kept: the topmost.
    package static let kept = [
        "received": 64, "authentication-results": 8, "message-id": 1, "x-posthorse-probe": 2,
    ]

    private enum State {
        /// At the first octet of a line. Next: `name`, `value` (folded), `lineStart`, `finished`.
        case lineStart
        /// CR has come as the first octet of a line. Next: `finished`, or as from `value`.
        case emptyLine
        /// Within what may be the name of a field. Next: `value`, `lineStart`.
        case name
        /// Within the body of a field. Next: `lineStart`.
        case value
        /// The header has ended, or is too long; the rest is ignored.
        case finished
    }

    private var state = State.lineStart
    private var octets = 0
    private var name: [UInt8] = []
    /// The field whose body is kept.
    private var current: (name: String, body: [UInt8])?
    private var fields: [String: [[UInt8]]] = [:]

    package init() {}

    /// Whether nothing that comes changes anything.
    package var isFinished: Bool { state == .finished }

    package mutating func read(_ part: some Sequence<UInt8>) {
        for octet in part {
            guard state != .finished else { return }
            octets += 1
            advance(octet)
            if octets == Self.limit { finish() }
        }
    }

    /// What has been read.
    package func trace() -> HeaderTrace {
        var whole = self
        whole.finish()
        return HeaderTrace(whole.fields)
    }

    private mutating func advance(_ octet: UInt8) {
        switch state {
        case .lineStart: startLine(octet)
        case .emptyLine where octet == 0x0A: finish()
        case .name: continueName(octet)
        case .emptyLine, .value: continueValue(octet)
        case .finished: break
        }
    }

    private mutating func startLine(_ octet: UInt8) {
        switch octet {
        case 0x0A: finish()
        case 0x0D: state = .emptyLine
        case 0x20, 0x09:
            state = .value
            keep(0x20)
        default:
            endField()
            name = [octet.asciiLowercased]
            state = .name
        }
    }

    private mutating func continueName(_ octet: UInt8) {
        switch octet {
        case UInt8(ascii: ":"):
            beginField()
            state = .value
        case 0x0A: state = .lineStart
        default: if name.count <= Self.nameLimit { name.append(octet.asciiLowercased) }
        }
    }

    private mutating func continueValue(_ octet: UInt8) {
        state = octet == 0x0A ? .lineStart : .value
        if octet != 0x0A, octet != 0x0D { keep(octet) }
    }

    private mutating func keep(_ octet: UInt8) {
        if let count = current?.body.count, count < Self.fieldLimit { current?.body.append(octet) }
    }

    private mutating func beginField() {
        while name.last == 0x20 || name.last == 0x09 { name.removeLast() }
        let text = String(decoding: name, as: UTF8.self)
        guard let most = Self.kept[text], (fields[text]?.count ?? 0) < most else { return }
        current = (text, [])
    }

    private mutating func endField() {
        if let current { fields[current.name, default: []].append(current.body) }
        current = nil
    }

    private mutating func finish() {
        endField()
        state = .finished
    }
}
