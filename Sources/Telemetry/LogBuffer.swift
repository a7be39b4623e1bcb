import Glibc

/// A growable buffer for formatting lines; keeps a moderate part of its memory when emptied.
struct LogBuffer: ~Copyable, @unchecked Sendable {
    // Safety: the buffer exclusively owns its memory and cannot be copied.

    private(set) var count = 0
    private var memory: UnsafeMutableRawPointer
    private var capacity: Int

    private static let initialCapacity = 128 << 10
    private static let keptCapacity = 512 << 10

    init() {
        capacity = Self.initialCapacity
        memory = .allocate(byteCount: capacity, alignment: 16)
    }

    deinit {
        memory.deallocate()
    }

    /// Calls `body` with the current octets.
    borrowing func withBytes<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
        body(UnsafeRawBufferPointer(start: memory, count: count))
    }

    mutating func append(_ byte: UInt8) {
        reserve(1)
        memory.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
        count += 1
    }

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress, bytes.count > 0 else { return }
        reserve(bytes.count)
        memcpy(memory + count, start, bytes.count)
        count += bytes.count
    }

    /// Appends a value as it is in memory.
    mutating func append<Value: BitwiseCopyable>(octetsOf value: Value) {
        reserve(MemoryLayout<Value>.size)
        memory.storeBytes(of: value, toByteOffset: count, as: Value.self)
        count += MemoryLayout<Value>.size
    }

    /// Puts a value in place of octets that are there.
    mutating func store<Value: BitwiseCopyable>(_ value: Value, at place: Int) {
        memory.storeBytes(of: value, toByteOffset: place, as: Value.self)
    }

    mutating func append(_ text: StaticString) {
        append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Appends a decimal number, padded with zeros to `width` digits.
    mutating func append(_ number: Int, width: Int = 1) {
        reserve(24)
        if number < 0 { append(UInt8(ascii: "-")) }
        var rest = number.magnitude
        var digits = 1
        var limit: UInt = 10
        while digits < 20, rest >= limit || digits < width {
            digits += 1
            limit = limit > UInt.max / 10 ? UInt.max : limit * 10
        }
        for offset in stride(from: count + digits - 1, through: count, by: -1) {
            memory.storeBytes(of: UInt8(ascii: "0") + UInt8(rest % 10), toByteOffset: offset, as: UInt8.self)
            rest /= 10
        }
        count += digits
    }

    /// Discards everything after the first `length` octets.
    mutating func truncate(to length: Int) {
        count = min(count, length)
    }

    /// Discards everything; memory that was needed only during a stall is released.
    mutating func removeAll() {
        count = 0
        guard capacity > Self.keptCapacity else { return }
        memory.deallocate()
        capacity = Self.initialCapacity
        memory = .allocate(byteCount: capacity, alignment: 16)
    }

    private mutating func reserve(_ more: Int) {
        guard count + more > capacity else { return }
        let larger = max(capacity * 2, count + more)
        let moved = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 16)
        memcpy(moved, memory, count)
        memory.deallocate()
        memory = moved
        capacity = larger
    }
}
