/// Entries that go before they are too old: told at once, and then once an hour at most.
struct Removals {
    enum Reason: Hashable {
        /// All together takes more than it may.
        case size
        /// Mail needs the room.
        case room
    }

    private static let pause: Int64 = 3_600_000_000_000
    private var counts: [Reason: Int] = [:]
    private var next: [Reason: Int64] = [:]

    /// - Parameter now: of the monotonic clock.
    /// - Returns: what there is to tell; nil for nothing now.
    mutating func add(_ count: Int, _ reason: Reason, at now: Int64) -> String? {
        counts[reason, default: 0] += count
        guard now >= next[reason] ?? .min, let sum = counts.removeValue(forKey: reason) else { return nil }
        next[reason] = now + Self.pause
        let entries = sum == 1 ? "1 entry was" : "\(sum) entries were"
        return "history: \(entries) removed before their time: \(Self.words(for: reason))"
    }

    private static func words(for reason: Reason) -> String {
        switch reason {
        case .size: "all together takes more than max_bytes in [history], or a quarter of the file system"
        case .room: "mail needs the room"
        }
    }
}
