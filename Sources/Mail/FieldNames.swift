/// Header field names to look for, packed for comparison with names that arrive octet by octet.
///
/// A name is represented by its length, its last 16 octets, and each whole block of 16 from its beginning: comparison
/// costs nothing per octet, and long names are distinguished as reliably as short ones.
package struct FieldNames: Hashable, Sendable {
    package static let none = FieldNames([])

    /// More names than any relay looks for.
    package static let limit = 64

    /// In lower case, without duplicates.
    package let names: [String]
    /// Those of them that relay.conf adds where a message has none (``AddedField``).
    package let added: [String]
    private let packed: [Packed]
    /// Bit `length % 64` of each name: rules out most fields on its own.
    private let lengths: UInt64

    private struct Packed: Hashable {
        let length: Int
        let last: UInt128
        let blocks: [UInt128]
    }

    /// - Parameters:
    ///   - names: with `added` at most ``limit``, case-insensitive.
    ///   - added: those that relay.conf adds.
    package init(_ names: [String], added: [String] = []) {
        self.added = Self.unique(added)
        let unique = Self.unique(names + added)
        precondition(unique.count <= Self.limit, "too many names to look for")
        self.names = unique
        packed = unique.map { Self.pack(Array($0.utf8)) }
        lengths = packed.reduce(0) { $0 | 1 << UInt64($1.length & 63) }
    }

    private static func unique(_ names: [String]) -> [String] {
        var unique: [String] = []
        for name in names.map({ $0.lowercased() }) where !unique.contains(name) { unique.append(name) }
        return unique
    }

    /// These and others; nil if that is more than ``limit``.
    package func union(_ others: FieldNames) -> FieldNames? {
        guard Set(names).union(others.names).count <= Self.limit else { return nil }
        return FieldNames(names + others.names, added: added + others.added)
    }

    package var isEmpty: Bool { names.isEmpty }

    /// Bit set of the names whose whole block of this number equals these octets, or that have no such block.
    func agreeing(withBlock number: Int, _ octets: UInt128) -> UInt64 {
        var bits: UInt64 = 0
        for (index, name) in packed.enumerated() where number >= name.blocks.count || name.blocks[number] == octets {
            bits |= 1 << UInt64(index)
        }
        return bits
    }

    /// The name with this length and these last octets.
    ///
    /// - Parameter candidates: those that matched all whole blocks.
    func index(length: Int, last: UInt128, candidates: UInt64) -> Int? {
        guard lengths >> UInt64(length & 63) & 1 != 0 else { return nil }
        return packed.indices.first { index in
            packed[index].length == length && packed[index].last == last && candidates >> UInt64(index) & 1 != 0
        }
    }

    private static func pack(_ octets: [UInt8]) -> Packed {
        let blocks = (0..<octets.count / 16).map { pack(octets[($0 * 16)..<($0 * 16 + 16)]) }
        return Packed(length: octets.count, last: pack(octets.suffix(16)), blocks: blocks)
    }

    private static func pack(_ octets: ArraySlice<UInt8>) -> UInt128 {
        octets.reduce(0) { $0 << 8 | UInt128($1) }
    }
}
