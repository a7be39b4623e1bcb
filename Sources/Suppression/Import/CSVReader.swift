internal import Mail

/// Reads comma-separated values (RFC 4180): quotes around fields, doubled within them, which may go over lines.
///
/// Lines end with LF or CRLF. A field without quotes loses the blanks around it.
struct CSVReader {
    private let octets: UnsafeRawBufferPointer
    private var index = 0
    private var line = 1

    init(_ octets: UnsafeRawBufferPointer) {
        self.octets = octets
    }

    /// The next record, or what is wrong with it, and the line where it begins; nil at the end.
    mutating func next() -> (line: Int, record: Result<[String], SuppressionError>)? {
        guard index < octets.count else { return nil }
        let (start, first) = (index, line)
        do throws(SuppressionError) {
            let record = try record()
            guard index - start <= SuppressionImport.longestRecord else { throw SuppressionImport.tooLong }
            return (first, .success(record))
        } catch {
            // What comes behind a quote that is wrong may be within it: the next line is taken for a record.
            (index, line) = (start, first)
            skipLine()
            return (first, .failure(error))
        }
    }

    private mutating func skipLine() {
        while let octet = take() {
            if octet == 0x0A { return }
        }
    }

    private mutating func take() -> UInt8? {
        guard index < octets.count else { return nil }
        defer { index += 1 }
        if octets[index] == 0x0A { line += 1 }
        return octets[index]
    }

    private mutating func record() throws(SuppressionError) -> [String] {
        var fields: [String] = []
        while true {
            fields.append(try field())
            guard let octet = take(), octet != 0x0A else { return fields }
        }
    }

    /// Goes on to the comma or the line end behind it.
    private mutating func field() throws(SuppressionError) -> String {
        skipBlanks()
        guard index < octets.count, octets[index] == UInt8(ascii: "\"") else { return try plainField() }
        index += 1
        let value = try quotedField()
        skipBlanks()
        guard isAtEnd else { throw SuppressionError(.badValue, "a quoted field ends before its comma") }
        if index < octets.count, octets[index] == 0x0D { index += 1 }
        return value
    }

    private mutating func skipBlanks() {
        while index < octets.count, octets[index] == 0x20 || octets[index] == 0x09 { index += 1 }
    }

    /// Whether a field ends here.
    private var isAtEnd: Bool {
        guard index < octets.count else { return true }
        switch octets[index] {
        case UInt8(ascii: ","), 0x0A: return true
        case 0x0D: return index + 1 == octets.count || octets[index + 1] == 0x0A
        default: return false
        }
    }

    private mutating func plainField() throws(SuppressionError) -> String {
        let start = index
        while !isAtEnd { index += 1 }
        var end = index
        if index < octets.count, octets[index] == 0x0D { index += 1 }
        while end > start, octets[end - 1] == 0x20 || octets[end - 1] == 0x09 { end -= 1 }
        return try Self.text(octets[start..<end])
    }

    private mutating func quotedField() throws(SuppressionError) -> String {
        var value: [UInt8] = []
        while let octet = take() {
            guard octet == UInt8(ascii: "\"") else {
                value.append(octet)
                continue
            }
            guard index < octets.count, octets[index] == UInt8(ascii: "\"") else { return try Self.text(value) }
            index += 1
            value.append(octet)
        }
        throw SuppressionError(.badValue, "a quote is not closed")
    }

    private static func text(_ octets: some Collection<UInt8>) throws(SuppressionError) -> String {
        guard let text = String(validating: octets, as: UTF8.self) else {
            throw SuppressionError(.badValue, "it is not UTF-8")
        }
        return text
    }
}
