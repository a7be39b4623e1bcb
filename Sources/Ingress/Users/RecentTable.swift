/// A bounded table that drops the least recently used entries: it has two halves, and when the newer one is full the
/// older one is dropped. Every operation takes constant time, and there are never more than `capacity` entries.
struct RecentTable<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private let half: Int
    private var newer: [Key: Value] = [:]
    private var older: [Key: Value] = [:]

    /// - Parameter capacity: at least 2; at least half as many of the latest entries are kept.
    init(capacity: Int) {
        half = max(1, capacity / 2)
    }

    var count: Int { newer.count + older.count }

    /// Reading counts as use only if followed by a write.
    subscript(key: Key) -> Value? {
        get { newer[key] ?? older[key] }
        set {
            older[key] = nil
            guard let newValue else {
                newer[key] = nil
                return
            }
            if newer.count >= half, newer[key] == nil {
                older = newer
                newer = [:]
            }
            newer[key] = newValue
        }
    }
}
