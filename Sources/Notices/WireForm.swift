/// Dot stuffing (RFC 5321 section 4.5.2) of lines that end with CRLF.
enum WireForm {
    private static let dot = UInt8(ascii: ".")

    static func unstuffed(_ octets: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(octets.count)
        for line in Lines(octets) { result.append(contentsOf: line.first == dot ? line.dropFirst() : line) }
        return result
    }

    static func stuffed(_ octets: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(octets.count + octets.count / 32)
        for line in Lines(octets) {
            if line.first == dot { result.append(dot) }
            result.append(contentsOf: line)
        }
        return result
    }
}

/// The lines of a text, each with its CRLF; the last may lack it. CR and LF alone end nothing.
struct Lines: Sequence, IteratorProtocol {
    private var rest: ArraySlice<UInt8>

    init(_ octets: [UInt8]) {
        rest = octets[...]
    }

    mutating func next() -> ArraySlice<UInt8>? {
        guard !rest.isEmpty else { return nil }
        var end = rest.startIndex
        while let lineFeed = rest[end...].firstIndex(of: 0x0A) {
            end = lineFeed + 1
            if lineFeed > rest.startIndex, rest[lineFeed - 1] == 0x0D { return take(to: end) }
        }
        return take(to: rest.endIndex)
    }

    private mutating func take(to end: Int) -> ArraySlice<UInt8> {
        let line = rest[..<end]
        rest = rest[end...]
        return line
    }
}

extension ArraySlice<UInt8> {
    /// Without the CRLF at its end.
    var withoutLineEnd: ArraySlice<UInt8> { suffix(2).elementsEqual([0x0D, 0x0A]) ? dropLast(2) : self }
}
