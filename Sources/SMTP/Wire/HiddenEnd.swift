/// Notices lines of mail data that are a dot and NULs: a next hop that drops NULs reads the dot alone, which is the end of the
/// data, and what follows as commands (RFC 5321 section 4.1.1.4).
///
/// Its owner tells it where lines begin and end; a line may come in any parts.
struct HiddenEnd: Sendable {
    /// What the present line is so far.
    private enum Line {
        /// NULs, or nothing.
        case blank
        /// A dot, and perhaps NULs.
        case dot
        case text
    }

    private var line = Line.blank
    private var hasNull = false

    /// Whether such a line has ended.
    private(set) var isFound = false

    /// Whether the present line would be one, if it ended here.
    var isOpen: Bool { line == .dot && hasNull }

    /// Takes the next octets of a line, without those of its end.
    mutating func take(_ bytes: UnsafeRawBufferPointer, in range: Range<Int>) {
        var index = range.lowerBound
        while line != .text, index < range.upperBound {
            take(bytes[index])
            index += 1
        }
    }

    private mutating func take(_ octet: UInt8) {
        switch octet {
        case 0: hasNull = true
        case UInt8(ascii: ".") where line == .blank: line = .dot
        default: line = .text
        }
    }

    mutating func endLine() {
        if isOpen { isFound = true }
        line = .blank
        hasNull = false
    }
}
