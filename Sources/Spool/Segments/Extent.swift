/// A run of octets in a segment file.
package struct Extent: Hashable, Sendable {
    package let segment: Int
    package let offset: Int
    package var length: Int

    /// Octets per extent in the `extents` column: three 64-bit integers, little endian.
    static let encodedOctets = 24
}

extension [Extent] {
    /// Total octets of all extents.
    var octets: Int { reduce(0) { $0 + $1.length } }

    /// Appends an extent, or extends the last one if the new one follows it in the same segment.
    mutating func append(merging extent: Extent) {
        if let last, last.segment == extent.segment, last.offset + last.length == extent.offset {
            self[count - 1].length += extent.length
        } else {
            append(extent)
        }
    }

    /// The form of the `extents` column.
    var encoded: [UInt8] {
        var bytes = [UInt8]()
        bytes.reserveCapacity(count * Extent.encodedOctets)
        for extent in self {
            for number in [extent.segment, extent.offset, extent.length] {
                Swift.withUnsafeBytes(of: Int64(number).littleEndian) { bytes.append(contentsOf: $0) }
            }
        }
        return bytes
    }

    /// Parses the form of the column; nil for an invalid length or numbers out of range.
    init?(encoded bytes: UnsafeRawBufferPointer) {
        guard bytes.count % Extent.encodedOctets == 0 else { return nil }
        self.init()
        for start in stride(from: 0, to: bytes.count, by: Extent.encodedOctets) {
            let numbers = (0..<3).map {
                Int(Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: start + $0 * 8, as: Int64.self)))
            }
            guard numbers.allSatisfy({ $0 >= 0 && $0 <= Int(Int32.max) << 16 }) else { return nil }
            append(Extent(segment: numbers[0], offset: numbers[1], length: numbers[2]))
        }
    }
}
