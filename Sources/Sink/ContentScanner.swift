#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// Finds the end of content, unstuffs dots, and checks line ends (RFC 5321 sections 2.3.8 and 4.5.2).
///
/// Only CRLF ends a line and only `CRLF . CRLF` ends the content. Violations are counted and kept as received. The
/// scanner shares no code with the relay, so that a framing bug cannot hide by being on both sides.
struct ContentScanner {
    /// Position of the next octet.
    private enum Position {
        /// Right after a CRLF, or at the very beginning.
        case lineStart
        /// After a dot at the start of a line; the dot has been removed.
        case dot
        /// After such a dot and a CR, which is withheld until it is known whether the content ends.
        case dotThenCR
        /// Elsewhere in a line.
        case line
        /// After a CR in a line.
        case carriageReturn
    }

    private var position = Position.lineStart
    private let keepLimit: Int
    /// The first octets of the content, unstuffed, up to the limit.
    private(set) var kept: [UInt8] = []
    /// Octets of the content so far, unstuffed, without the final dot.
    private(set) var size = 0
    private(set) var violations = SinkViolations()

    /// - Parameter keepLimit: maximum octets kept per content.
    init(keepLimit: Int) {
        self.keepLimit = keepLimit
    }

    /// Prepares for the next content; violations continue to be counted.
    mutating func reset() {
        position = .lineStart
        kept.removeAll(keepingCapacity: kept.capacity <= 1 << 17)
        size = 0
    }

    /// Scans the next octets of the content.
    ///
    /// - Returns: how many octets belong to the content, including the final dot, and whether it ended with them.
    mutating func scan(_ bytes: UnsafeRawBufferPointer) -> (consumed: Int, ended: Bool) {
        var index = 0
        var pieceStart = 0
        while index < bytes.count {
            switch position {
            case .lineStart:
                guard bytes[index] == UInt8(ascii: ".") else {
                    position = .line
                    continue
                }
                keep(bytes[pieceStart..<index])
                index += 1
                pieceStart = index
                position = .dot
            case .dot:
                if bytes[index] == UInt8(ascii: "\r") {
                    index += 1
                    pieceStart = index
                    position = .dotThenCR
                } else {
                    if bytes[index] != UInt8(ascii: ".") { violations.unstuffedDots += 1 }
                    position = .line
                }
            case .dotThenCR:
                if bytes[index] == UInt8(ascii: "\n") { return (index + 1, true) }
                violations.unstuffedDots += 1
                violations.bareCR += 1
                keepCarriageReturn()
                position = .line
            case .line:
                index = scanLine(bytes, from: index)
            case .carriageReturn:
                if bytes[index] == UInt8(ascii: "\n") {
                    index += 1
                    position = .lineStart
                } else {
                    violations.bareCR += 1
                    position = .line
                }
            }
        }
        keep(bytes[pieceStart..<index])
        return (index, false)
    }

    /// Scans octets of a chunk, which has neither dot stuffing nor an end marker (RFC 3030 section 2).
    mutating func scanChunk(_ bytes: UnsafeRawBufferPointer) {
        keep(bytes[...])
    }

    /// Continues within a line, to its end, to a violation, or to the end of the input.
    private mutating func scanLine(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        let lineFeed = Self.find("\n", in: bytes, from: start, to: bytes.count)
        let end = lineFeed ?? bytes.count
        guard let carriageReturn = Self.find("\r", in: bytes, from: start, to: end) else {
            if lineFeed == nil { return end }
            violations.bareLF += 1
            return end + 1
        }
        guard carriageReturn + 1 == end else {
            violations.bareCR += 1
            return carriageReturn + 1
        }
        position = lineFeed == nil ? .carriageReturn : .lineStart
        return lineFeed == nil ? end : end + 1
    }

    private static func find(
        _ scalar: Unicode.Scalar, in bytes: UnsafeRawBufferPointer, from start: Int, to end: Int
    ) -> Int? {
        guard start < end, let base = bytes.baseAddress,
            let found = memchr(base + start, Int32(scalar.value), end - start)
        else { return nil }
        return UnsafeRawPointer(found) - base
    }

    private mutating func keep(_ piece: Slice<UnsafeRawBufferPointer>) {
        size += piece.count
        let room = keepLimit - kept.count
        if room > 0 { kept.append(contentsOf: UnsafeRawBufferPointer(rebasing: piece.prefix(room))) }
    }

    private mutating func keepCarriageReturn() {
        size += 1
        if kept.count < keepLimit { kept.append(UInt8(ascii: "\r")) }
    }
}
