/// A page of a sorted list: hashes with the place of their record in the run, 12 octets each; then a checksum.
enum IndexPage {
    static let size = 4096
    static let entries = 340
    static let entrySize = 12

    struct Entry: Comparable {
        var hash: UInt64
        var row: UInt32

        static func < (left: Entry, right: Entry) -> Bool {
            left.hash == right.hash ? left.row < right.row : left.hash < right.hash
        }
    }

    /// Up to ``entries`` entries.
    static func encoded(_ entries: ArraySlice<Entry>) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: size)
        bytes.withUnsafeMutableBytes { bytes in
            var offset = 0
            for entry in entries {
                bytes.storeBytes(of: entry.hash.littleEndian, toByteOffset: offset, as: UInt64.self)
                bytes.storeBytes(of: entry.row.littleEndian, toByteOffset: offset + 8, as: UInt32.self)
                offset += entrySize
            }
            let sum = Checksum.of(UnsafeRawBufferPointer(rebasing: bytes.dropLast(8)))
            bytes.storeBytes(of: sum.littleEndian, toByteOffset: size - 8, as: UInt64.self)
        }
        return bytes
    }

    static func entry(_ number: Int, of page: UnsafeRawBufferPointer) -> Entry {
        Entry(
            hash: page.loadUnaligned(fromByteOffset: number * entrySize, as: UInt64.self).littleEndian,
            row: page.loadUnaligned(fromByteOffset: number * entrySize + 8, as: UInt32.self).littleEndian)
    }

    static func pages(for entries: Int) -> Int { (entries + Self.entries - 1) / Self.entries }
}
