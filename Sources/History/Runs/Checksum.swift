internal import Spool

/// XXH64 of parts of a run.
enum Checksum {
    static func of(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var hash = XXH64()
        hash.update(bytes)
        return hash.finish()
    }

    static func of(_ bytes: [UInt8]) -> UInt64 { bytes.withUnsafeBytes { of($0) } }

    /// The octets in front of their checksum; nil if they do not match it.
    static func checked(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        guard bytes.count >= 8 else { return nil }
        let body = UnsafeRawBufferPointer(rebasing: bytes.dropLast(8))
        let sum = bytes.loadUnaligned(fromByteOffset: body.count, as: UInt64.self).littleEndian
        return sum == of(body) ? body : nil
    }
}
