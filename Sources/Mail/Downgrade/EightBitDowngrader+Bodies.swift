/// Handling of the body of a part that has no parts itself.
extension EightBitDowngrader {
    mutating func takeBody(_ line: ContentLine, _ out: inout [UInt8]) {
        if owesLineEnd { addLineEnd(&out) }
        if state == .plain, Self.hasEightBit(line.octets) {
            addStray(line, &out)
        } else {
            add(line.octets, &out)
        }
        owesLineEnd = line.hasEnd
        if state == .undecided { decide(about: line, &out) }
    }

    mutating func addLineEnd(_ out: inout [UInt8]) {
        owesLineEnd = false
        add(Self.lineEnd[...], &out)
    }

    private mutating func add(_ octets: ArraySlice<UInt8>, _ out: inout [UInt8]) {
        switch state {
        case .undecided: held.append(contentsOf: octets)
        case .encoded: encoder.append(octets, to: &out)
        case .plain: out.append(contentsOf: octets)
        case .header, .filler: preconditionFailure("there is no body yet")
        }
    }

    private func addStray(_ line: ContentLine, _ out: inout [UInt8]) {
        let encoding = header.encoding
        let text = StrayOctets.replace(in: line.octets, encoding)
        guard divides(text, line) else { return out.append(contentsOf: text) }
        // A space is not part of base64.
        out.append(contentsOf: encoding == .quotedPrintable ? QuotedPrintable.quoteFirst(text) : [0x20] + text)
    }

    // MARK: - Decisions

    private mutating func decide(about line: ContentLine, _ out: inout [UInt8]) {
        if Self.hasEightBit(line.octets) { return encode(isUnknown: true, &out) }
        guard held.count > Self.lookAhead else { return }
        if mayBeEightBit { encode(isUnknown: false, &out) } else { leave(&out) }
    }

    /// Whether a body may have non-ASCII octets after an all-ASCII beginning.
    private var mayBeEightBit: Bool {
        switch header.encoding {
        case .eightBit: true
        // Something in the content is not ASCII.
        case .sevenBit(let isStated): multiparts.isEmpty && !(isStated && hasEightBitHeader)
        case .quotedPrintable, .base64, .other: false
        }
    }

    /// - Parameter isUnknown: whether non-ASCII octets have been seen.
    private mutating func encode(isUnknown: Bool, _ out: inout [UInt8]) {
        encoder = PartEncoder(for: header.contentType)
        header.write(encoding: encoder.name, isUnknown: isUnknown, into: &out)
        encoder.append(held[...], to: &out)
        held = []
        state = .encoded
    }

    private mutating func leave(_ out: inout [UInt8]) {
        header.write(into: &out)
        out.append(contentsOf: held)
        held = []
        state = .plain
    }

    // MARK: - Ends

    /// Ends the part, at a delimiter or at the end of the content.
    mutating func endPart(_ out: inout [UInt8]) {
        switch state {
        case .header: header.write(into: &out)
        case .undecided: decideAtEnd(&out)
        case .encoded: finishEncoding(&out)
        case .filler, .plain: break
        }
        if owesLineEnd { out.append(contentsOf: Self.lineEnd) }
        owesLineEnd = false
    }

    /// The whole body is ASCII.
    private mutating func decideAtEnd(_ out: inout [UInt8]) {
        guard header.encoding == .eightBit else { return leave(&out) }
        guard isSevenBitText else {
            encode(isUnknown: false, &out)
            return finishEncoding(&out)
        }
        header.write(encoding: "7bit", isUnknown: false, into: &out)
        out.append(contentsOf: held)
        held = []
    }

    /// RFC 2045 section 2.7.
    private var isSevenBitText: Bool {
        var scanner = BodyScanner(declared: .binaryMIME)
        for octets in [held, Self.lineEnd] { octets.withUnsafeBytes { scanner.scan($0) } }
        return scanner.needed == .sevenBit
    }

    private mutating func finishEncoding(_ out: inout [UInt8]) {
        encoder.finish(&out)
        // Base64 has no line ends but its own.
        if multiparts.isEmpty, !out.suffix(2).elementsEqual(Self.lineEnd) { out.append(contentsOf: Self.lineEnd) }
    }
}
