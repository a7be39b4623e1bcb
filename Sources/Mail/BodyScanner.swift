/// Examines content as it arrives, however it is split, and determines the body type it needs, whatever was declared
/// (RFC 2045 sections 2.7 to 2.9).
///
/// Content received as text is known to have lines, so only its octets are examined, 64 at a time. Content declared
/// BINARYMIME may nevertheless be text, and then needs no BDAT.
package struct BodyScanner: Sendable {
    /// Maximum octets of a line without its end (RFC 5321 section 4.5.3.1.6).
    private static let lineLimit = 998

    private let looksAtLines: Bool
    private var hasEightBit = false
    private var isBinary = false
    /// Octets of the current line so far.
    private var lineLength = 0
    private var endsWithReturn = false

    /// - Parameter declared: by the client, at MAIL.
    package init(declared: BodyType = .sevenBit) {
        looksAtLines = declared == .binaryMIME
    }

    /// The body type needed, once all content has been scanned.
    package var needed: BodyType {
        if isBinary || lineLength > 0 || endsWithReturn { return .binaryMIME }
        return hasEightBit ? .eightBitMIME : .sevenBit
    }

    /// Scans the next part of the content.
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

    /// Adds octets of one line; only the last may be a CR, and its LF must follow.
    private mutating func add(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) {
        guard !range.isEmpty else { return }
        let carriageReturn = bytes.position(of: 0x0D, in: range)
        isBinary = endsWithReturn || (carriageReturn ?? range.upperBound - 1) < range.upperBound - 1
        endsWithReturn = carriageReturn != nil
        lineLength += range.count - (endsWithReturn ? 1 : 0)
        isBinary = isBinary || lineLength > Self.lineLimit
    }
}
