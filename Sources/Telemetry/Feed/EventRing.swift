import Glibc
internal import Mail

/// The last records, numbered from 1, within a number of octets and a number of records: new ones replace the oldest.
/// A value without a clock.
struct EventRing: ~Copyable, @unchecked Sendable {
    // Safety: the ring exclusively owns its memory and cannot be copied.

    /// The number of the oldest record that is here; ``end`` if there is none.
    private(set) var first = 1
    /// The number that the next record gets.
    private(set) var end = 1
    private let memory: UnsafeMutableRawPointer
    private let capacity: Int
    /// Where record n begins: at n modulo its length.
    private var places: [Int]
    /// Where the next record begins, if it fits in front of the end of the memory.
    private var head = 0

    /// - Parameters:
    ///   - octets: of records.
    ///   - records: their greatest number.
    init(octets: Int, records: Int) {
        memory = .allocate(byteCount: octets, alignment: 16)
        capacity = octets
        places = Array(repeating: 0, count: records)
    }

    deinit {
        memory.deallocate()
    }

    /// Adds a record; one that is larger than a quarter of the ring is left out.
    mutating func append(_ record: UnsafeRawBufferPointer) {
        guard let start = record.baseAddress, record.count <= capacity / 4 else { return }
        if head + record.count > capacity {
            // Nothing fits into the rest: those that are there are the oldest.
            while first < end, place(first) >= head { first += 1 }
            head = 0
        }
        makeRoom(record.count)
        memcpy(memory + head, start, record.count)
        places[end % places.count] = head
        end += 1
        head += record.count
    }

    private mutating func makeRoom(_ octets: Int) {
        if end - first == places.count { first += 1 }
        while first < end, place(first) >= head, place(first) < head + octets { first += 1 }
    }

    private func place(_ number: Int) -> Int { places[number % places.count] }

    /// Calls `body` with a record that is here.
    borrowing func withRecord<R>(_ number: Int, _ body: (LogRecord) -> R) -> R {
        body(LogRecord(UnsafeRawBufferPointer(start: memory + place(number), count: capacity - place(number))))
    }

    /// Copies records that follow one another.
    ///
    /// - Parameters:
    ///   - number: of the first; it must be here.
    ///   - limit: the number after the last.
    ///   - octets: of records, at most, but always one record.
    /// - Returns: the records, and the number after the last of them.
    borrowing func copy(from number: Int, upTo limit: Int, octets: Int) -> (records: [UInt8], end: Int) {
        var (copied, next) = ([UInt8](), number)
        while next < min(limit, end) {
            let isTooMuch = withRecord(next) { record in
                guard copied.isEmpty || copied.count + record.size <= octets else { return true }
                copied.append(contentsOf: record.octets)
                return false
            }
            if isTooMuch { break }
            next += 1
        }
        return (copied, next)
    }

    /// The number of the first record of this time or later; ``end`` if there is none.
    ///
    /// Found by bisection, since everybody who logs waits meanwhile. Times ascend, except where the system's clock is set
    /// back (and by a moment where threads log at once): around such a step, earlier records may be included, and some of
    /// this time or later left out.
    borrowing func firstNumber(since time: Timestamp) -> Int {
        var (low, high) = (first, end)
        while low < high {
            let middle = low + (high - low) / 2
            if withRecord(middle, { $0.time < time }) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
