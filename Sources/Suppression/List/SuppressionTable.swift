/// Suppressions in a few octets each: the texts of their keys in one piece of memory, and an open-addressed table of
/// where they begin.
///
/// A key of 25 octets takes about 45; see ``SuppressionIndex``.
struct SuppressionTable: Sendable {
    /// What is known of a key. Times are seconds since 1970.
    struct Record: Hashable {
        var addedAt: UInt32
        /// 0 for never.
        var expiresAt: UInt32
        /// Number of the words about who added it.
        var origin: UInt16
    }

    private static let headSize = 12
    private static let empty: UInt32 = 0
    private static let removed = UInt32.max
    private static let leastSlots = 16

    /// For each slot one more than the place of its record, `empty`, or `removed`.
    private var slots: [UInt32] = []
    private var records: [UInt8] = []
    /// Octets of records that are gone.
    private var waste = 0
    private var usedSlots = 0
    private(set) var count = 0

    /// Octets of memory taken.
    var octets: Int { slots.capacity * MemoryLayout<UInt32>.size + records.capacity }

    // MARK: Reading

    func record(of key: UnsafeBufferPointer<UInt8>, hash: Int) -> Record? {
        slot(of: key, hash: hash).map { record(at: slots[$0]) }
    }

    private func slot(of key: UnsafeBufferPointer<UInt8>, hash: Int) -> Int? {
        guard count > 0 else { return nil }
        var slot = hash & (slots.count - 1)
        while slots[slot] != Self.empty {
            if slots[slot] != Self.removed, isEqual(slots[slot], key) { return slot }
            slot = (slot + 1) & (slots.count - 1)
        }
        return nil
    }

    private func isEqual(_ place: UInt32, _ key: UnsafeBufferPointer<UInt8>) -> Bool {
        records.withUnsafeBytes { bytes in
            let start = Int(place) - 1
            guard Self.keyLength(bytes, at: start) == key.count else { return false }
            return bytes[(start + Self.headSize)..<(start + Self.headSize + key.count)].elementsEqual(key)
        }
    }

    private static func keyLength(_ bytes: UnsafeRawBufferPointer, at start: Int) -> Int {
        Int(bytes.loadUnaligned(fromByteOffset: start + 10, as: UInt16.self))
    }

    private func record(at place: UInt32) -> Record {
        records.withUnsafeBytes { bytes in
            let start = Int(place) - 1
            return Record(
                addedAt: bytes.loadUnaligned(fromByteOffset: start, as: UInt32.self),
                expiresAt: bytes.loadUnaligned(fromByteOffset: start + 4, as: UInt32.self),
                origin: bytes.loadUnaligned(fromByteOffset: start + 8, as: UInt16.self))
        }
    }

    // MARK: Writing

    /// Adds a key of at most 65,535 octets, or replaces what is known of it.
    ///
    /// - Parameter hashes: the hash of any key, for the case that the table grows.
    /// - Returns: whether the key is new.
    @discardableResult
    mutating func set(
        _ key: UnsafeBufferPointer<UInt8>, hash: Int, to record: Record, hashes: (UnsafeRawBufferPointer) -> Int
    ) -> Bool {
        if let slot = slot(of: key, hash: hash) {
            write(record, at: Int(slots[slot]) - 1)
            return false
        }
        if (usedSlots + 1) * 4 > slots.count * 3 { rebuild(hashes) }
        insert(place(append(record, key)), hash: hash)
        count += 1
        return true
    }

    /// - Returns: whether the key was there.
    mutating func remove(
        _ key: UnsafeBufferPointer<UInt8>, hash: Int, hashes: (UnsafeRawBufferPointer) -> Int
    ) -> Bool {
        guard let slot = slot(of: key, hash: hash) else { return false }
        slots[slot] = Self.removed
        count -= 1
        waste += Self.headSize + key.count
        if waste > 4096, waste > records.count / 2 { rebuild(hashes) }
        return true
    }

    private func place(_ start: Int) -> UInt32 { UInt32(start + 1) }

    private mutating func insert(_ place: UInt32, hash: Int) {
        var slot = hash & (slots.count - 1)
        while slots[slot] != Self.empty { slot = (slot + 1) & (slots.count - 1) }
        slots[slot] = place
        usedSlots += 1
    }

    private mutating func append(_ record: Record, _ key: UnsafeBufferPointer<UInt8>) -> Int {
        let (start, size) = (records.count, Self.headSize + key.count)
        if records.capacity < start + size { records.reserveCapacity(start + max(size, start / 4, 256)) }
        records.append(contentsOf: repeatElement(0, count: Self.headSize))
        records.append(contentsOf: key)
        write(record, at: start)
        records.withUnsafeMutableBytes {
            $0.storeBytes(of: UInt16(key.count), toByteOffset: start + 10, as: UInt16.self)
        }
        return start
    }

    private mutating func write(_ record: Record, at start: Int) {
        records.withUnsafeMutableBytes { bytes in
            bytes.storeBytes(of: record.addedAt, toByteOffset: start, as: UInt32.self)
            bytes.storeBytes(of: record.expiresAt, toByteOffset: start + 4, as: UInt32.self)
            bytes.storeBytes(of: record.origin, toByteOffset: start + 8, as: UInt16.self)
        }
    }

    /// Makes room for more, without what is gone.
    private mutating func rebuild(_ hash: (UnsafeRawBufferPointer) -> Int) {
        let old = (slots: slots, records: records)
        var size = Self.leastSlots
        while size < (count + 1) * 2 { size *= 2 }
        slots = [UInt32](repeating: Self.empty, count: size)
        records = []
        records.reserveCapacity(old.records.count - waste + (old.records.count - waste) / 8)
        (usedSlots, waste) = (0, 0)
        old.records.withUnsafeBytes { bytes in
            for place in old.slots where place != Self.empty && place != Self.removed {
                let start = Int(place) - 1
                let end = start + Self.headSize + Self.keyLength(bytes, at: start)
                let key = UnsafeRawBufferPointer(rebasing: bytes[(start + Self.headSize)..<end])
                insert(self.place(records.count), hash: hash(key))
                records.append(contentsOf: bytes[start..<end])
            }
        }
    }
}
