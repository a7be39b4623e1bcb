internal import CLibPQ

/// The parameters of one query, as libpq wants them.
struct ParameterBuffer {
    private var octets: [UInt8] = []
    /// Where each begins; nil for null.
    private var offsets: [Int?] = []
    private var lengths: [Int32] = []
    private var formats: [Int32] = []
    /// What the server takes a parameter for; 0 leaves it to the server.
    private(set) var types: [PQOid] = []

    /// In octets; a message of a gigabyte is more than the server takes.
    static let limit = 1 << 29

    /// About how many octets they take.
    static func size(of values: [PostgresValue]) -> Int {
        values.reduce(0) { $0 + 20 + size(of: $1) }
    }

    private static func size(of value: PostgresValue) -> Int {
        switch value {
        case .null, .bool, .integer: 8
        case .text(let value): value.utf8.count
        case .bytes(let value): value.count
        case .array(let value): value.octets.count
        }
    }

    /// - Parameter values: below ``limit`` in size.
    mutating func fill(_ values: [PostgresValue]) {
        octets.removeAll(keepingCapacity: octets.capacity <= 1 << 20)
        offsets.removeAll(keepingCapacity: true)
        lengths.removeAll(keepingCapacity: true)
        formats.removeAll(keepingCapacity: true)
        types.removeAll(keepingCapacity: true)
        for value in values {
            let start = octets.count
            append(value)
            if case .null = value { offsets.append(nil) } else { offsets.append(start) }
            lengths.append(Int32(octets.count - start))
            formats.append(1)
            types.append(Self.type(of: value))
        }
        // An empty value has an address too: without one it would be null.
        octets.append(0)
    }

    private mutating func append(_ value: PostgresValue) {
        switch value {
        case .null: break
        case .bool(let value): octets.append(value ? 1 : 0)
        case .integer(let value): append(Int64(value))
        case .text(let value): octets.append(contentsOf: value.utf8)
        case .bytes(let value): octets.append(contentsOf: value)
        case .array(let value): append(value)
        }
    }

    /// The format of `array_recv`: dimensions, whether nulls are among the elements, their type; then for each dimension its
    /// size and first index.
    private mutating func append(_ array: PostgresArray) {
        append(Int32(array.count == 0 ? 0 : 1))
        append(Int32(array.hasNull ? 1 : 0))
        append(array.element.rawValue)
        guard array.count > 0 else { return }
        append(Int32(array.count))
        append(Int32(1))
        octets.append(contentsOf: array.octets)
    }

    private mutating func append(_ integer: some FixedWidthInteger) {
        withUnsafeBytes(of: integer.bigEndian) { octets.append(contentsOf: $0) }
    }

    private static func type(of value: PostgresValue) -> PQOid {
        switch value {
        case .null: 0
        case .bool: 16
        case .bytes: 17
        case .integer: 20
        case .text: 25
        case .array(let array):
            switch array.element {
            case .bool: 1000
            case .bytes: 1001
            case .integer: 1016
            case .text: 1009
            }
        }
    }

    /// Number, values, lengths and formats, valid within `body`.
    func withPointers<Result>(
        _ body: (
            Int32, UnsafePointer<UnsafePointer<CChar>?>, UnsafePointer<Int32>, UnsafePointer<Int32>
        ) -> Result
    ) -> Result {
        octets.withUnsafeBytes { octets in
            let start = octets.baseAddress!.assumingMemoryBound(to: CChar.self)
            let values: [UnsafePointer<CChar>?] = offsets.map { $0.map { start + $0 } }
            return body(Int32(values.count), values, lengths, formats)
        }
    }
}
