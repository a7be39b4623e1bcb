internal import Mail

/// What a FETCH response says of one message (RFC 9051 section 7.5.2), as far as it was asked for.
struct FetchData: Hashable, Sendable {
    var uid: UInt32?
    /// INTERNALDATE; nil also for one that is no date.
    var internalDate: Timestamp?
    /// The header, or the chosen fields of it; empty for NIL. nil if the response has none.
    var header: [UInt8]?

    /// Reads the list behind `FETCH `; nil if it is none.
    init?(_ reader: inout ResponseReader) {
        guard reader.skip("(") else { return nil }
        reader.skipSpace()
        while !reader.skip(")") {
            guard let name = reader.word(), readItem(name, &reader) else { return nil }
            reader.skipSpace()
        }
    }

    private mutating func readItem(_ name: String, _ reader: inout ResponseReader) -> Bool {
        if name == "BODY", reader.next == UInt8(ascii: "[") { return readSection(&reader) }
        guard reader.skipSpace() else { return false }
        switch name {
        case "UID":
            uid = reader.number()
            return uid != nil
        case "INTERNALDATE":
            guard let date = reader.nilOrString() else { return false }
            internalDate = date.flatMap { Timestamp(internalDate: $0) }
            return true
        default: return reader.skipValue()
        }
    }

    /// `[HEADER]<0> {42}`, or `[HEADER.FIELDS (SUBJECT)] NIL`.
    private mutating func readSection(_ reader: inout ResponseReader) -> Bool {
        guard reader.skip("[") else { return false }
        let section = reader.word()
        reader.skipSpace()
        if reader.next == UInt8(ascii: "(") {
            guard reader.list() != nil else { return false }
            reader.skipSpace()
        }
        guard reader.skip("]") else { return false }
        if reader.skip("<") { guard reader.number() != nil, reader.skip(">") else { return false } }
        guard reader.skipSpace(), let value = reader.nilOrString() else { return false }
        if section == "HEADER" || section == "HEADER.FIELDS" { header = value ?? [] }
        return true
    }
}
