import Mail

/// The half of the corpus that a reply belongs to, by a fixed hash of its text.
enum Half: Hashable {
    /// Rules may be written for it.
    case design
    /// Used only to measure the rules.
    case heldOut
}

extension Sample {
    var half: Half { Self.fowlerNollVo(reply.description) % 2 == 0 ? .design : .heldOut }

    /// 64-bit FNV-1a, folded so that its last bit depends on all others.
    private static func fowlerNollVo(_ text: String) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for octet in text.utf8 { hash = (hash ^ UInt64(octet)) &* 0x0000_0100_0000_01B3 }
        hash ^= hash >> 32
        hash ^= hash >> 16
        return hash ^ (hash >> 8)
    }
}
