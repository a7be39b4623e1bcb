package import Mail

/// What a run begins with: 512 octets, written when all others are on disk. All numbers are little endian.
package struct RunHeader: Hashable, Sendable {
    static let size = 512
    static let magic: UInt64 = 0x3230_4e55_5248_5050  // PPHRUN02

    /// A sorted list of hashes, in pages.
    struct Section: Hashable, Sendable {
        var offset = 0
        var entries = 0
    }

    /// Number of the first entry.
    package var first = 0
    package var count = 0
    /// Of its messages.
    package var received = Timestamp(milliseconds: .max)...Timestamp(milliseconds: .max)
    package var finished = Timestamp(milliseconds: .max)...Timestamp(milliseconds: .max)
    /// ``KeyedHash/mark`` of the key of its hashes.
    var keyMark: UInt64 = 0
    var blocks = 0
    /// Where the list of blocks begins.
    var directory = 0
    package var octets = 0
    var sections = [Section](repeating: Section(), count: IndexKind.allCases.count)

    /// Number of the last entry.
    package var last: Int { first + count - 1 }

    init() {}

    var encoded: [UInt8] {
        var bytes: [UInt8] = []
        for word in words { withUnsafeBytes(of: word.littleEndian) { bytes.append(contentsOf: $0) } }
        bytes.append(contentsOf: repeatElement(0, count: Self.size - 8 - bytes.count))
        let sum = Checksum.of(bytes)
        withUnsafeBytes(of: sum.littleEndian) { bytes.append(contentsOf: $0) }
        return bytes
    }

    private var words: [UInt64] {
        let times = [received.lowerBound, received.upperBound, finished.lowerBound, finished.upperBound]
        return [Self.magic, UInt64(first), UInt64(count)] + times.map { UInt64(bitPattern: $0.milliseconds) }
            + [keyMark, UInt64(blocks), UInt64(directory), UInt64(octets)]
            + sections.flatMap { [UInt64($0.offset), UInt64($0.entries)] }
    }

    /// Nil for octets that ``encoded`` has not written.
    package init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count == Self.size else { return nil }
        let words = (0..<Self.size / 8).map {
            UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self))
        }
        guard words[0] == Self.magic, words[63] == Checksum.of(UnsafeRawBufferPointer(rebasing: bytes.prefix(504))),
            let received = Self.range(words[3], words[4]), let finished = Self.range(words[5], words[6])
        else { return nil }
        (first, count) = (Int(truncatingIfNeeded: words[1]), Int(truncatingIfNeeded: words[2]))
        (self.received, self.finished, keyMark) = (received, finished, words[7])
        (blocks, directory) = (Int(truncatingIfNeeded: words[8]), Int(truncatingIfNeeded: words[9]))
        octets = Int(truncatingIfNeeded: words[10])
        for place in sections.indices {
            sections[place].offset = Int(truncatingIfNeeded: words[11 + 2 * place])
            sections[place].entries = Int(truncatingIfNeeded: words[12 + 2 * place])
        }
    }

    private static func range(_ first: UInt64, _ last: UInt64) -> ClosedRange<Timestamp>? {
        let (first, last) = (Int64(bitPattern: first), Int64(bitPattern: last))
        return first <= last ? Timestamp(milliseconds: first)...Timestamp(milliseconds: last) : nil
    }
}

/// What a run can be searched by.
package enum IndexKind: Int, Hashable, Sendable, CaseIterable {
    case recipient, sender, messageID, user, stream, queueID
}
