/// Detects lines of mail data that consist of a dot and NULs: a next hop that drops NULs reads a lone dot, which ends
/// the data, and takes what follows for commands (RFC 5321 section 4.1.1.4).
///
/// Its owner says where lines begin and end; a line may arrive in any number of parts.
struct HiddenEnd: Sendable {
    /// The current line so far.
    private enum Line {
        /// NULs, or nothing.
        case blank
        /// A dot, possibly with NULs.
        case dot
        case text
    }

    private var line = Line.blank
    private var hasNull = false

    /// Whether such a line has ended.
    private(set) var isFound = false

    /// Whether the current line would be one if it ended here.
    var isOpen: Bool { line == .dot && hasNull }

    /// Takes the next octets of a line, without its line end.
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
