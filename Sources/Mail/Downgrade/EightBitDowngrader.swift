/// Converts 8-bit content into content that any server accepts. Each non-ASCII part is re-encoded, quoted-printable if
/// human-readable and base64 otherwise; all other parts are kept octet for octet (RFC 6152 section 3, RFC 2045 section
/// 6).
///
/// A pure value: the result does not depend on how the content is split. It buffers only a part's header and the first
/// ``lookAhead`` octets of its body, to determine whether a part with a missing or wrong label must be encoded.
/// Anything later in a part of a multipart that declares itself ASCII passes unchanged. So do header fields, which need
/// SMTPUTF8.
///
/// Text around the parts of a multipart, which nobody reads, gets a question mark for each non-ASCII octet.
package struct EightBitDowngrader: Sendable {
    /// Maximum octets of a body buffered before its encoding is decided.
    static let lookAhead = 64 << 10

    /// | state | where | goes to |
    /// |---|---|---|
    /// | `header` | in a header, which is buffered | `header` (of an embedded message), `filler`, `undecided`, `plain`
    /// |
    /// | `filler` | before the first part of a multipart, or after the last | `header`, `filler` |
    /// | `undecided` | in a body, which is buffered | `encoded`, `plain`, `header`, `filler` |
    /// | `encoded` | in a body that is encoded | `header`, `filler` |
    /// | `plain` | in a body that is kept unchanged | `header`, `filler` |
    enum State { case header, filler, undecided, encoded, plain }

    var state = State.header
    private var lines = ContentLines()
    private(set) var multiparts = Multiparts()
    private(set) var header = PartHeader(isMessage: true)
    private(set) var hasEightBitHeader = false
    /// The beginning of the body, while undecided.
    var held: [UInt8] = []
    var encoder = PartEncoder(for: .text)
    /// Whether a line of a body has ended: if a delimiter follows, the line end belongs to it (RFC 2046 section 5.1.1).
    var owesLineEnd = false

    /// For content with non-ASCII octets, starting with the header.
    package init() {}

    /// Processes the next part of the content, and appends the output available so far.
    package mutating func take(_ bytes: UnsafeRawBufferPointer, into out: inout [UInt8]) {
        var rest = bytes[...]
        while let line = lines.next(&rest) { take(line, &out) }
    }

    /// Appends the remaining output at the end of the content.
    package mutating func finish(into out: inout [UInt8]) {
        if let line = lines.last() { take(line, &out) }
        // The last line of a part without a closing delimiter ends as if there were one.
        if owesLineEnd, multiparts.isEmpty { addLineEnd(&out) }
        endPart(&out)
    }

    private mutating func take(_ line: ContentLine, _ out: inout [UInt8]) {
        if line.isWhole, let delimiter = multiparts.delimiter(line.octets) { return take(delimiter, line, &out) }
        switch state {
        case .header: takeHeader(line, &out)
        case .filler: writeFiller(line, &out)
        case .undecided, .encoded, .plain: takeBody(line, &out)
        }
    }

    private mutating func take(_ delimiter: Multiparts.Delimiter, _ line: ContentLine, _ out: inout [UInt8]) {
        endPart(&out)
        multiparts.leave(at: delimiter)
        state = delimiter.isLast ? .filler : .header
        header = PartHeader(isMessage: false, defaultType: multiparts.defaultType)
        write(line, line.octets, &out)
    }

    private func writeFiller(_ line: ContentLine, _ out: inout [UInt8]) {
        let text = StrayOctets.questionMarks(line.octets)
        if divides(text, line) { out.append(0x20) }
        write(line, text, &out)
    }

    /// Whether a line that is not a delimiter would become one among these octets.
    func divides(_ octets: [UInt8], _ line: ContentLine) -> Bool {
        line.isWhole && multiparts.delimiter(octets[...]) != nil
    }

    private func write(_ line: ContentLine, _ octets: some Sequence<UInt8>, _ out: inout [UInt8]) {
        out.append(contentsOf: octets)
        if line.hasEnd { out.append(contentsOf: Self.lineEnd) }
    }

    static let lineEnd: [UInt8] = [0x0D, 0x0A]

    static func hasEightBit(_ octets: ArraySlice<UInt8>) -> Bool {
        octets.withUnsafeBytes { $0.hasEightBit(in: 0..<$0.count) }
    }

    // MARK: - Headers

    private mutating func takeHeader(_ line: ContentLine, _ out: inout [UInt8]) {
        if header.add(line) {
            guard header.isTooLong else { return }
            header.write(into: &out)
            state = .plain
            return
        }
        let hasEmptyLine = header.hasEmptyLine
        // With its octets replaced it could be taken for a field.
        if Self.hasEightBit(line.octets) { header.close() }
        endHeader(&out)
        // A line that is not a field belongs to what follows.
        if !hasEmptyLine { take(line, &out) }
    }

    private mutating func endHeader(_ out: inout [UInt8]) {
        let (type, encoding) = (header.contentType, header.encoding)
        hasEightBitHeader = hasEightBitHeader || Self.hasEightBit(header.octets[...])
        if type.isMultipart, let boundary = type.boundary, multiparts.hasRoom {
            relabel(encoding, &out)
            multiparts.enter(boundary, isDigest: type.isDigest)
            state = .filler
        } else if type.isMessage, !encoding.isEncoded {
            relabel(encoding, &out)
            header = PartHeader(isMessage: true)
        } else if encoding.isEncoded {
            header.write(into: &out)
            state = .plain
        } else {
            state = .undecided
        }
    }

    /// Writes the header of an entity whose parts have headers of their own: nothing in it will be 8-bit.
    private func relabel(_ encoding: TransferEncoding, _ out: inout [UInt8]) {
        if encoding == .eightBit {
            header.write(encoding: "7bit", isUnknown: false, into: &out)
        } else {
            // The header of an embedded message must not run into this one.
            header.write(isClosed: header.contentType.isMessage, into: &out)
        }
    }
}
