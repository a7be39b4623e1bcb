/// The hash XXH64 with seed 0, computed incrementally (xxHash specification 0.1.1, section XXH64).
///
/// It detects bits flipped by a disk or a bug; it is no protection against somebody who writes to the spool.
package struct XXH64 {
    private var lanes: (UInt64, UInt64, UInt64, UInt64)
    private var pending: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    private var pendingCount = 0
    private var total: UInt64 = 0

    private static let prime1: UInt64 = 0x9E37_79B1_85EB_CA87
    private static let prime2: UInt64 = 0xC2B2_AE3D_27D4_EB4F
    private static let prime3: UInt64 = 0x1656_67B1_9E37_79F9
    private static let prime4: UInt64 = 0x85EB_CA77_C2B2_AE63
    private static let prime5: UInt64 = 0x27D4_EB2F_1656_67C5
    private static let stripe = 32

    package init() {
        lanes = (Self.prime1 &+ Self.prime2, Self.prime2, 0, 0 &- Self.prime1)
    }

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard var next = bytes.baseAddress, bytes.count > 0 else { return }
        let end = next + bytes.count
        total &+= UInt64(bytes.count)
        if pendingCount > 0 {
            let taken = min(Self.stripe - pendingCount, bytes.count)
            append(next, taken)
            next += taken
            guard pendingCount == Self.stripe else { return }
            mixPending()
        }
        while end - next >= Self.stripe {
            mix(next)
            next += Self.stripe
        }
        append(next, end - next)
    }

    package func finish() -> UInt64 {
        var hash = total >= UInt64(Self.stripe) ? merged() : Self.prime5
        hash &+= total
        withUnsafeBytes(of: pending) { tail in
            var offset = 0
            while pendingCount - offset >= 8 {
                hash ^= Self.round(0, tail.loadUnaligned(fromByteOffset: offset, as: UInt64.self).littleEndian)
                hash = Self.rotate(hash, 27) &* Self.prime1 &+ Self.prime4
                offset += 8
            }
            if pendingCount - offset >= 4 {
                let word = tail.loadUnaligned(fromByteOffset: offset, as: UInt32.self).littleEndian
                hash ^= UInt64(word) &* Self.prime1
                hash = Self.rotate(hash, 23) &* Self.prime2 &+ Self.prime3
                offset += 4
            }
            while offset < pendingCount {
                hash ^= UInt64(tail[offset]) &* Self.prime5
                hash = Self.rotate(hash, 11) &* Self.prime1
                offset += 1
            }
        }
        return Self.avalanche(hash)
    }

    private mutating func append(_ source: UnsafeRawPointer, _ count: Int) {
        guard count > 0 else { return }
        let offset = pendingCount
        withUnsafeMutableBytes(of: &pending) {
            $0.baseAddress!.advanced(by: offset).copyMemory(from: source, byteCount: count)
        }
        pendingCount += count
    }

    private mutating func mixPending() {
        let copy = pending
        withUnsafeBytes(of: copy) { mix($0.baseAddress!) }
        pendingCount = 0
    }

    @inline(__always)
    private mutating func mix(_ stripe: UnsafeRawPointer) {
        lanes.0 = Self.round(lanes.0, stripe.loadUnaligned(fromByteOffset: 0, as: UInt64.self).littleEndian)
        lanes.1 = Self.round(lanes.1, stripe.loadUnaligned(fromByteOffset: 8, as: UInt64.self).littleEndian)
        lanes.2 = Self.round(lanes.2, stripe.loadUnaligned(fromByteOffset: 16, as: UInt64.self).littleEndian)
        lanes.3 = Self.round(lanes.3, stripe.loadUnaligned(fromByteOffset: 24, as: UInt64.self).littleEndian)
    }

    private func merged() -> UInt64 {
        var hash =
            Self.rotate(lanes.0, 1) &+ Self.rotate(lanes.1, 7) &+ Self.rotate(lanes.2, 12) &+ Self.rotate(lanes.3, 18)
        for lane in [lanes.0, lanes.1, lanes.2, lanes.3] {
            hash = (hash ^ Self.round(0, lane)) &* Self.prime1 &+ Self.prime4
        }
        return hash
    }

    @inline(__always)
    private static func round(_ lane: UInt64, _ input: UInt64) -> UInt64 {
        rotate(lane &+ input &* prime2, 31) &* prime1
    }

    @inline(__always)
    private static func rotate(_ value: UInt64, _ bits: UInt64) -> UInt64 {
        value << bits | value >> (64 - bits)
    }

    private static func avalanche(_ value: UInt64) -> UInt64 {
        var hash = value
        hash = (hash ^ hash >> 33) &* prime2
        hash = (hash ^ hash >> 29) &* prime3
        return hash ^ hash >> 32
    }
}
