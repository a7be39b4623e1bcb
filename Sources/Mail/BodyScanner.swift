/// Looks at the octets of a content while it arrives, in parts cut anywhere, and says which body type they need, whatever was
/// declared (RFC 2045 sections 2.7 to 2.9).
///
/// Content that came as text has lines by the way it came, and only its octets are looked at: 64 at a time. What was
/// declared BINARYMIME may be text all the same, and then needs no BDAT.
package struct BodyScanner: Sendable {
    /// Octets of a line without its end (RFC 5321 section 4.5.3.1.6).
    private static let lineLimit = 998

    private let looksAtLines: Bool
    private var hasEightBit = false
    private var isBinary = false
    /// Octets of the present line so far.
    private var lineLength = 0
    private var endsWithReturn = false

    /// - Parameter declared: by the client, at MAIL.
    package init(declared: BodyType = .sevenBit) {
        looksAtLines = declared == .binaryMIME
    }

    /// What the content needs, once all of it has been scanned.
    package var needed: BodyType {
        if isBinary || lineLength > 0 || endsWithReturn { return .binaryMIME }
        return hasEightBit ? .eightBitMIME : .sevenBit
    }

    /// Takes the next part of the content.
    package mutating func scan(_ bytes: UnsafeRawBufferPointer) {
        if !hasEightBit { hasEightBit = bytes.hasEightBit(in: 0..<bytes.count) }
        guard looksAtLines, !isBinary, !bytes.isEmpty else { return }
        isBinary = bytes.position(of: 0, in: 0..<bytes.count) != nil
        scanLines(bytes)
    }

    private mutating func scanLines(_ bytes: UnsafeRawBufferPointer) {
        var start = 0
        while !isBinary, let lineFeed = bytes.position(of: 0x0A, in: start..<bytes.count) {
            add(bytes, start..<lineFeed)
            isBinary = isBinary || !endsWithReturn
            lineLength = 0
            endsWithReturn = false
            start = lineFeed + 1
        }
        if !isBinary { add(bytes, start..<bytes.count) }
    }

    /// Takes octets of one line; a CR may only be the last of them, and its LF must follow.
    private mutating func add(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) {
        guard !range.isEmpty else { return }
        let carriageReturn = bytes.position(of: 0x0D, in: range)
        isBinary = endsWithReturn || (carriageReturn ?? range.upperBound - 1) < range.upperBound - 1
        endsWithReturn = carriageReturn != nil
        lineLength += range.count - (endsWithReturn ? 1 : 0)
        isBinary = isBinary || lineLength > Self.lineLimit
    }
}
