/// Writes the numbers and texts of a record: numbers of seven bits an octet, texts behind their length.
struct RecordWriter {
    static func put(_ number: UInt64, to bytes: inout [UInt8]) {
        var rest = number
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    static func put(_ number: Int, to bytes: inout [UInt8]) { put(UInt64(max(0, number)), to: &bytes) }

    /// Small for numbers near zero, on either side of it.
    static func put(signed number: Int64, to bytes: inout [UInt8]) {
        put(UInt64(bitPattern: number << 1 ^ number >> 63), to: &bytes)
    }

    static func put(_ text: String, to bytes: inout [UInt8]) {
        put(text.utf8.count, to: &bytes)
        bytes.append(contentsOf: text.utf8)
    }
}

/// Reads what ``RecordWriter`` has written. After the first thing that cannot have been written so, it has failed, and
/// returns zeros and empty texts.
struct RecordReader {
    private(set) var rest: UnsafeRawBufferPointer
    private(set) var hasFailed = false

    init(_ bytes: UnsafeRawBufferPointer) {
        rest = bytes
    }

    mutating func octet() -> UInt8 { take(1).first ?? 0 }

    mutating func number() -> UInt64 {
        var (number, shift): (UInt64, UInt64) = (0, 0)
        for (place, octet) in rest.prefix(10).enumerated() {
            number |= UInt64(octet & 0x7f) << shift
            shift += 7
            guard octet >= 0x80 else {
                rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(place + 1))
                return number
            }
        }
        fail()
        return 0
    }

    mutating func signed() -> Int64 {
        let number = number()
        return Int64(bitPattern: number >> 1) ^ -Int64(bitPattern: number & 1)
    }

    mutating func text() -> UnsafeRawBufferPointer { take(Int(clamping: number())) }

    /// The next octets.
    mutating func take(_ count: Int) -> UnsafeRawBufferPointer {
        guard count <= rest.count else {
            fail()
            return rest
        }
        let taken = UnsafeRawBufferPointer(rebasing: rest.prefix(count))
        rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
        return taken
    }

    private mutating func fail() {
        hasFailed = true
        rest = UnsafeRawBufferPointer(rebasing: rest.prefix(0))
    }
}
