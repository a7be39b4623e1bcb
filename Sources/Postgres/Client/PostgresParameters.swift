/// Parameters of a statement in binary form, in one buffer.
struct PostgresParameters {
    private var octets: [UInt8] = []
    /// Where each begins; nil for null.
    private var starts: [Int?] = []
    private var lengths: [Int32] = []

    init(_ values: [PostgresValue]) {
        octets.reserveCapacity(values.reduce(0) { $0 + Self.size(of: $1) })
        for value in values { append(value) }
    }

    private static func size(of value: PostgresValue) -> Int {
        switch value {
        case .null: 0
        case .bool: 1
        case .integer: 8
        case .text(let text): text.utf8.count
        case .bytes(let bytes): bytes.count
        case .array(let array): array.octets.count + 20
        }
    }

    private mutating func append(_ value: PostgresValue) {
        if case .null = value {
            starts.append(nil)
            lengths.append(0)
            return
        }
        let start = octets.count
        switch value {
        case .null: break
        case .bool(let flag): octets.append(flag ? 1 : 0)
        case .integer(let number): append(Int64(number))
        case .text(let text): octets.append(contentsOf: text.utf8)
        case .bytes(let bytes): octets.append(contentsOf: bytes)
        case .array(let array): append(array)
        }
        starts.append(start)
        lengths.append(Int32(octets.count - start))
    }

    /// Dimensions, whether there are nulls, type, length, and lower bound (PostgreSQL, `array_send`).
    private mutating func append(_ array: PostgresArray) {
        append(Int32(array.count > 0 ? 1 : 0))
        append(Int32(array.hasNull ? 1 : 0))
        append(Int32(bitPattern: array.element.rawValue))
        guard array.count > 0 else { return }
        append(Int32(array.count))
        append(Int32(1))
        octets.append(contentsOf: array.octets)
    }

    private mutating func append(_ number: some FixedWidthInteger) {
        withUnsafeBytes(of: number.bigEndian) { octets.append(contentsOf: $0) }
    }

    typealias Pointers = UnsafePointer<UnsafePointer<CChar>?>

    /// Calls `body` with the number of parameters, their values, lengths and formats.
    mutating func withPointers<Result>(
        _ body: (Int32, Pointers?, UnsafePointer<Int32>?, UnsafePointer<Int32>?) -> Result
    ) -> Result {
        guard !starts.isEmpty else { return body(0, nil, nil, nil) }
        // An empty value needs an address, too: none would be null.
        if octets.isEmpty { octets.append(0) }
        let formats = [Int32](repeating: 1, count: starts.count)
        return octets.withUnsafeBytes { buffer in
            let base = buffer.baseAddress?.assumingMemoryBound(to: CChar.self)
            let values = starts.map { start in start.flatMap { offset in base.map { $0 + offset } } }
            return values.withUnsafeBufferPointer { values in
                lengths.withUnsafeBufferPointer { lengths in
                    formats.withUnsafeBufferPointer {
                        body(
                            Int32(starts.count), $0.count > 0 ? values.baseAddress : nil, lengths.baseAddress,
                            $0.baseAddress)
                    }
                }
            }
        }
    }
}
