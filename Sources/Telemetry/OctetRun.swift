/// Runs of octets that need no second look, found eight at a time.
enum OctetRun {
    /// Whether a value needs no quotes: visible ASCII but quotes, backslashes and equals signs.
    static func isWord(_ octets: UnsafeRawBufferPointer) -> Bool {
        end(in: octets, from: 0, isWord, isWord) == octets.count
    }

    /// The end of the run at `start` of octets that need no escapes: neither special nor the start of a sequence that
    /// could be.
    static func plain(in octets: UnsafeRawBufferPointer, from start: Int) -> Int {
        end(in: octets, from: start, isPlain, isPlain)
    }

    @inline(__always)
    private static func end(
        in octets: UnsafeRawBufferPointer, from start: Int, _ isEight: (UInt64) -> Bool, _ isOne: (UInt8) -> Bool
    ) -> Int {
        var index = start
        while index + 8 <= octets.count, isEight(octets.loadUnaligned(fromByteOffset: index, as: UInt64.self)) {
            index += 8
        }
        while index < octets.count, isOne(octets[index]) { index += 1 }
        return index
    }

    private static func isWord(_ octet: UInt8) -> Bool {
        octet > 0x20 && octet < 0x7F && octet != 0x22 && octet != 0x5C && octet != 0x3D
    }

    private static func isPlain(_ octet: UInt8) -> Bool {
        octet >= 0x20 && octet != 0x22 && octet != 0x5C && octet != 0x7F && octet != 0xC2 && octet != 0xE2
    }

    // MARK: Eight at a time

    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let highs: UInt64 = 0x8080_8080_8080_8080

    private static func isWord(_ eight: UInt64) -> Bool {
        let others = below(0x21, eight) | same(0x22, eight) | same(0x5C, eight) | same(0x3D, eight) | same(0x7F, eight)
        return (others | eight) & highs == 0
    }

    private static func isPlain(_ eight: UInt64) -> Bool {
        let ascii = below(0x20, eight) | same(0x22, eight) | same(0x5C, eight) | same(0x7F, eight)
        return (ascii | same(0xC2, eight) | same(0xE2, eight)) & highs == 0
    }

    /// Has a high bit if an octet is below the limit. A borrow begins at such an octet only, so none is found in vain.
    private static func below(_ limit: UInt64, _ eight: UInt64) -> UInt64 { (eight &- ones &* limit) & ~eight }

    /// Has a high bit if an octet is this one.
    private static func same(_ octet: UInt64, _ eight: UInt64) -> UInt64 { below(1, eight ^ (ones &* octet)) }
}
