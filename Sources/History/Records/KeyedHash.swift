/// The hash SipHash-2-4 (Aumasson and Bernstein, 2012) with a key of 128 bits: without the key, nobody can tell whose
/// hash it is.
package struct KeyedHash: Hashable, Sendable {
    private let key: (UInt64, UInt64)

    package init(key first: UInt64, _ second: UInt64) {
        key = (first, second)
    }

    /// - Parameter octets: of a key, as ``newKey()`` has made it; nil for any other number of them.
    package init?(_ octets: [UInt8]) {
        guard octets.count == Self.keySize else { return nil }
        let words = octets.withUnsafeBytes { bytes in
            [0, 8].map { UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: $0, as: UInt64.self)) }
        }
        self.init(key: words[0], words[1])
    }

    static let keySize = 16

    /// A key that nobody can guess.
    package static func newKey() -> [UInt8] {
        var random = SystemRandomNumberGenerator()
        return (0..<keySize).map { _ in random.next() }
    }

    package static func == (left: KeyedHash, right: KeyedHash) -> Bool { left.key == right.key }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(key.0)
        hasher.combine(key.1)
    }

    /// What tells keys apart, and tells nothing about them.
    package var mark: UInt64 {
        [UInt8]("posthorse history".utf8).withUnsafeBytes { of($0, folding: false) }
    }

    /// Of a text; the case of ASCII letters does not matter.
    package func of(_ text: some StringProtocol) -> UInt64 {
        var text = String(text)
        return text.withUTF8 { of(UnsafeRawBufferPointer($0)) }
    }

    /// Of octets; the case of ASCII letters does not matter.
    package func of(_ octets: UnsafeRawBufferPointer) -> UInt64 { of(octets, folding: true) }

    /// - Parameter folding: whether capital letters of ASCII count as small ones.
    package func of(_ octets: UnsafeRawBufferPointer, folding: Bool) -> UInt64 {
        var state = State(key)
        var offset = 0
        while offset + 8 <= octets.count {
            let word = octets.loadUnaligned(fromByteOffset: offset, as: UInt64.self).littleEndian
            state.mix(folding ? Self.folded(word) : word)
            offset += 8
        }
        var tail = UInt64(truncatingIfNeeded: octets.count & 0xff) << 56
        for (place, octet) in octets[offset...].enumerated() { tail |= UInt64(octet) << (8 * UInt64(place)) }
        state.mix(folding ? Self.folded(tail & 0x00ff_ffff_ffff_ffff) | tail & 0xff00_0000_0000_0000 : tail)
        return state.finish()
    }

    /// Capital letters become small ones, in all eight octets at once.
    private static func folded(_ word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let low = word & (ones &* 0x7f)
        // The top bit of an octet is set if it is at least "A", and if it is greater than "Z".
        let isLetter = (low &+ ones &* (0x80 - 0x41)) & ~(low &+ ones &* (0x80 - 0x5b)) & ~word & (ones &* 0x80)
        return word | isLetter >> 2
    }

    private struct State {
        private var v0, v1, v2, v3: UInt64

        init(_ key: (UInt64, UInt64)) {
            v0 = key.0 ^ 0x736f_6d65_7073_6575
            v1 = key.1 ^ 0x646f_7261_6e64_6f6d
            v2 = key.0 ^ 0x6c79_6765_6e65_7261
            v3 = key.1 ^ 0x7465_6462_7974_6573
        }

        mutating func mix(_ word: UInt64) {
            v3 ^= word
            round()
            round()
            v0 ^= word
        }

        mutating func finish() -> UInt64 {
            v2 ^= 0xff
            for _ in 0..<4 { round() }
            return v0 ^ v1 ^ v2 ^ v3
        }

        private mutating func round() {
            v0 = v0 &+ v1
            v1 = Self.rotate(v1, 13) ^ v0
            v0 = Self.rotate(v0, 32)
            v2 = v2 &+ v3
            v3 = Self.rotate(v3, 16) ^ v2
            v0 = v0 &+ v3
            v3 = Self.rotate(v3, 21) ^ v0
            v2 = v2 &+ v1
            v1 = Self.rotate(v1, 17) ^ v2
            v2 = Self.rotate(v2, 32)
        }

        private static func rotate(_ value: UInt64, _ bits: UInt64) -> UInt64 { value << bits | value >> (64 - bits) }
    }
}
