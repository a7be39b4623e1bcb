internal import Mail

/// Writes numbers of seven bits an octet, and texts behind their length.
struct TripRecordWriter {
    private(set) var octets: [UInt8] = []

    mutating func put(_ number: UInt64) {
        var rest = number
        while rest >= 0x80 {
            octets.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        octets.append(UInt8(truncatingIfNeeded: rest))
    }

    /// - Parameter number: at least 0.
    mutating func put(_ number: Int) { put(UInt64(max(0, number))) }

    /// Small for numbers near zero, on either side of it.
    mutating func put(signed number: Int64) { put(UInt64(bitPattern: number << 1 ^ number >> 63)) }

    mutating func put(_ text: String) { put(block: Array(text.utf8)) }

    /// Nothing is not the same as an empty text.
    mutating func put(optional text: String?) {
        put(text == nil ? 0 : 1)
        if let text { put(text) }
    }

    mutating func put(block: [UInt8]) {
        put(block.count)
        octets += block
    }

    mutating func put(raw: [UInt8]) { octets += raw }

    /// Nothing is not the same as zero.
    mutating func put(optional moment: Timestamp?) {
        put(moment == nil ? 0 : 1)
        if let moment { put(signed: moment.milliseconds) }
    }

    mutating func put(_ path: TripPath) {
        put(path.trip)
        put(optional: path.upstream)
        put(path.mailbox)
    }
}

/// What was read is not what ``TripRecordWriter`` writes.
struct TripRecordFault: Error, Hashable {}

/// Reads what ``TripRecordWriter`` has written; each value has one form, and any other is a fault.
struct TripRecordReader {
    private(set) var rest: ArraySlice<UInt8>

    init(_ octets: ArraySlice<UInt8>) {
        rest = octets
    }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func number() throws(TripRecordFault) -> UInt64 {
        var number: UInt64 = 0
        for (place, octet) in rest.prefix(10).enumerated() {
            let part = UInt64(octet & 0x7F)
            guard place < 9 || part <= 1 else { break }
            number |= part << UInt64(7 * place)
            guard octet < 0x80 else { continue }
            // A number that ends in zeros has a shorter form.
            guard octet != 0 || place == 0 else { break }
            rest = rest.dropFirst(place + 1)
            return number
        }
        throw TripRecordFault()
    }

    /// A number of at most `limit`.
    mutating func count(upTo limit: Int = .max) throws(TripRecordFault) -> Int {
        let number = try number()
        guard number <= UInt64(limit) else { throw TripRecordFault() }
        return Int(number)
    }

    mutating func signed() throws(TripRecordFault) -> Int64 {
        let number = try number()
        return Int64(bitPattern: number >> 1) ^ -Int64(bitPattern: number & 1)
    }

    mutating func text(upTo limit: Int) throws(TripRecordFault) -> String {
        guard let text = String(validating: try block(upTo: limit), as: UTF8.self) else { throw TripRecordFault() }
        return text
    }

    mutating func optionalText(upTo limit: Int) throws(TripRecordFault) -> String? {
        try count(upTo: 1) == 0 ? nil : text(upTo: limit)
    }

    mutating func moment() throws(TripRecordFault) -> Timestamp { Timestamp(milliseconds: try signed()) }

    mutating func optionalMoment() throws(TripRecordFault) -> Timestamp? {
        try count(upTo: 1) == 0 ? nil : moment()
    }

    mutating func path() throws(TripRecordFault) -> TripPath {
        let trip = try text(upTo: 1024)
        let upstream = try optionalText(upTo: 1024)
        return TripPath(trip: trip, upstream: upstream, mailbox: try text(upTo: 1024))
    }

    mutating func block(upTo limit: Int) throws(TripRecordFault) -> ArraySlice<UInt8> {
        try take(try count(upTo: limit))
    }

    mutating func take(_ count: Int) throws(TripRecordFault) -> ArraySlice<UInt8> {
        guard count <= rest.count else { throw TripRecordFault() }
        let taken = rest.prefix(count)
        rest = rest.dropFirst(count)
        return taken
    }
}
