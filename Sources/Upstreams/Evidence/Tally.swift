/// Counts occurrences of keys within a window, in bounded memory.
///
/// Exact for up to ``capacity`` keys. Beyond that, the rarest key yields its place and its count to the new one, so
/// counts are at worst too high, by no more than the total divided by the capacity, and the total stays exact (the
/// Space-Saving algorithm of Metwally, Agrawal and El Abbadi, 2005).
struct Tally<Key: Hashable & Sendable>: Hashable, Sendable {
    private struct Entry: Hashable {
        var key: Key
        var counts = WindowParts.Counts.zero
        /// Sum of the counts.
        var total = 0
    }

    /// Maximum number of distinct keys.
    static var capacity: Int { 32 }

    private var entries: [Entry] = []

    private(set) var total = 0

    /// Number of distinct keys, up to the capacity.
    var keys: Int { entries.count }

    /// The most frequent key; the first among equals.
    var most: (key: Key, count: Int)? {
        entries.max { $0.total < $1.total }.map { ($0.key, $0.total) }
    }

    /// The total if no key counts for more than all others together plus one.
    var balanced: Int {
        guard let most else { return 0 }
        return min(total, 2 * (total - most.count) + 1)
    }

    mutating func add(_ key: Key, lane: Int) {
        let index = place(of: key)
        entries[index].counts[lane] += 1
        entries[index].total += 1
        total += 1
    }

    /// Clears the counts that have left the window.
    mutating func clear(_ lanes: SIMDMask<WindowParts.Counts>) {
        for index in entries.indices {
            entries[index].counts.replace(with: 0, where: lanes)
            entries[index].total = Int(entries[index].counts.wrappedSum())
        }
        entries.removeAll { $0.total == 0 }
        total = entries.reduce(0) { $0 + $1.total }
    }

    mutating func clear() {
        entries.removeAll()
        total = 0
    }

    private mutating func place(of key: Key) -> Int {
        if let index = entries.firstIndex(where: { $0.key == key }) { return index }
        guard entries.count >= Self.capacity,
            let rarest = entries.indices.min(by: { entries[$0].total < entries[$1].total })
        else {
            entries.append(Entry(key: key))
            return entries.count - 1
        }
        entries[rarest].key = key
        return rarest
    }
}
