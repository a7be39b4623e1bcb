#if canImport(Darwin)
internal import Darwin
#elseif canImport(Musl)
internal import Musl
#else
internal import Glibc
#endif

extension UnsafeRawBufferPointer {
    /// Index of the first such octet in `range`, found with `memchr`; nil if there is none.
    @inlinable
    package func position(of octet: UInt8, in range: Range<Int>) -> Int? {
        guard let base = baseAddress, !range.isEmpty else { return nil }
        return searchOctet(base + range.lowerBound, octet, range.count).map { $0 - base }
    }

    /// Whether `range` has a non-ASCII octet; examines 64 octets at a time.
    package func hasEightBit(in range: Range<Int>) -> Bool {
        let blocks = range.count / 64
        var block = SIMD8<UInt64>.zero
        for index in 0..<blocks {
            block |= loadUnaligned(fromByteOffset: range.lowerBound + 64 * index, as: SIMD8<UInt64>.self)
        }
        let words = range.count / 8
        var all = block.joined
        for word in (8 * blocks)..<words {
            all |= loadUnaligned(fromByteOffset: range.lowerBound + 8 * word, as: UInt64.self)
        }
        for index in (range.lowerBound + 8 * words)..<range.upperBound { all |= UInt64(self[index]) }
        return all & 0x8080_8080_8080_8080 != 0
    }

    /// Whether the octets are these letters, ignoring case; `letters` must be in lower case.
    package func equalsIgnoringCase(_ letters: StaticString) -> Bool {
        guard count == letters.utf8CodeUnitCount else { return false }
        return letters.withUTF8Buffer { expected in
            for index in 0..<count where self[index].asciiLowercased != expected[index] { return false }
            return true
        }
    }
}

extension SIMD8<UInt64> {
    /// All words, OR-ed.
    fileprivate var joined: UInt64 {
        let half = lowHalf | highHalf
        let quarter = half.lowHalf | half.highHalf
        return quarter.x | quarter.y
    }
}

extension UInt8 {
    /// The octet, with an upper-case ASCII letter converted to lower case.
    @inlinable
    package var asciiLowercased: UInt8 {
        self >= 0x41 && self <= 0x5A ? self | 0x20 : self
    }
}

@usableFromInline
package func searchOctet(_ start: UnsafeRawPointer, _ octet: UInt8, _ count: Int) -> UnsafeRawPointer? {
    UnsafeRawPointer(memchr(start, Int32(octet), count))
}
