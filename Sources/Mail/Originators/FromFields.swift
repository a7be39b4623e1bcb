/// Collects the bodies of all `From` fields as content arrives, however it is split.
///
/// Unlike ``HeaderScanner`` it finds every line that some other reader could take for such a field: behind a line that is
/// no field, behind a bare CR or LF, and with octets in its name that no name has and that a next hop may drop. Only an
/// empty line ends the header.
package struct FromFields: Sendable {
    /// Maximum octets of all bodies.
    package static let limit = 64 << 10

    private enum State {
        /// At the first octet of a line. Next: `dot`, `name`, `body` or `other` (folded), `finished`.
        case lineStart
        /// A stuffing dot has come as the first octet of a line (RFC 5321 section 4.5.2). Next: as from `lineStart`.
        case dot
        /// The number of octets of the name that have matched. Next: `blank`, `body`, `other`.
        case name(Int)
        /// White space behind the name (RFC 5322 section 4.5). Next: `body`, `other`.
        case blank
        /// Within the body. Next: `lineStart`.
        case body
        /// Within another line. Next: `lineStart`.
        case other
        /// The header has ended.
        case finished
    }

    private static let name: StaticString = "from"
    private static let end: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A]

    private var state = State.lineStart
    /// How many octets of ``end`` have come. The content begins as if behind a line.
    private var matched = 2
    /// Whether the last line belongs to a `From` field, so that a folded one does too.
    private var isCollecting = false
    private var octets = 0
    /// In order, without the line end behind each.
    package private(set) var bodies: [[UInt8]] = []
    /// Whether octets are missing from ``bodies``.
    package var isTooLong: Bool { octets > Self.limit }

    package init() {}

    package var isFinished: Bool {
        if case .finished = state { return true }
        return false
    }

    /// Scans the next part of the content.
    ///
    /// - Parameter isStuffed: whether the content is dot-stuffed.
    package mutating func scan(_ bytes: UnsafeRawBufferPointer, isStuffed: Bool) {
        guard !isFinished else { return }
        for octet in bytes {
            advance(over: octet, isStuffed)
            if matched == Self.end.count { return finish() }
        }
    }

    /// The content has ended.
    package mutating func finish() {
        endBody()
        state = .finished
    }

    private mutating func advance(over octet: UInt8, _ isStuffed: Bool) {
        matched = octet == Self.end[matched] ? matched + 1 : octet == 0x0D ? 1 : 0
        guard octet != 0x0D, octet != 0x0A else { return endLine(with: octet) }
        switch state {
        case .lineStart where isStuffed && octet == UInt8(ascii: "."): state = .dot
        case .lineStart, .dot: startLine(with: octet)
        case .name(let count): continueName(with: octet, count)
        case .blank: continueName(with: octet, Self.name.utf8CodeUnitCount)
        case .body: collect(octet)
        case .other, .finished: break
        }
    }

    private mutating func endLine(with octet: UInt8) {
        if isCollecting { collect(octet) }
        state = .lineStart
    }

    private mutating func startLine(with octet: UInt8) {
        if octet == 0x20 || octet == 0x09 {
            state = isCollecting ? .body : .other
            if isCollecting { collect(octet) }
        } else {
            endBody()
            state = .name(0)
            continueName(with: octet, 0)
        }
    }

    private mutating func continueName(with octet: UInt8, _ count: Int) {
        let isWhole = count == Self.name.utf8CodeUnitCount
        switch octet {
        case UInt8(ascii: ":"):
            guard isWhole else { return state = .other }
            beginBody()
        case 0x20, 0x09: state = isWhole ? .blank : .other
        case 0x21...0x7E:
            let isNext = !isWhole && octet.asciiLowercased == Self.name.utf8Start[count]
            if case .blank = state { return state = .other }
            state = isNext ? .name(count + 1) : .other
        default: break
        }
    }

    /// An empty body counts too: there may be any number of them.
    private mutating func beginBody() {
        state = .body
        isCollecting = true
        octets += Self.name.utf8CodeUnitCount
        if !isTooLong { bodies.append([]) }
    }

    private mutating func collect(_ octet: UInt8) {
        octets += 1
        if !isTooLong { bodies[bodies.count - 1].append(octet) }
    }

    /// Removes the line end behind a body, and an empty line; another end than CRLF stays, and makes it unreadable.
    private mutating func endBody() {
        guard isCollecting else { return }
        isCollecting = false
        while bodies[bodies.count - 1].suffix(2) == [0x0D, 0x0A] { bodies[bodies.count - 1].removeLast(2) }
    }
}
