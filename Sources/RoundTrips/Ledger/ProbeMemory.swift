internal import Mail

/// Probes with a verdict, so that a copy that comes later is known for what it is. The oldest are forgotten.
struct ProbeMemory: Sendable {
    static let limit = 4096
    /// Copies of one probe that are told apart.
    private static let copies = 8

    private struct Entry {
        var hasArrived: Bool
        /// Hashes of where it was seen.
        var places: [UInt64]
    }

    private var entries: [UInt64: Entry] = [:]
    /// A ring, oldest at `next` once it is full.
    private var order: [UInt64] = []
    private var next = 0

    /// - Parameter place: where it arrived; nil if it has not.
    mutating func add(_ number: UInt64, at place: String?) {
        if order.count < Self.limit {
            order.append(number)
        } else {
            entries[order[next]] = nil
            order[next] = number
            next = (next + 1) % Self.limit
        }
        entries[number] = Entry(hasArrived: place != nil, places: place.map { [Self.hash($0)] } ?? [])
    }

    /// What a copy is that was found.
    mutating func find(_ number: UInt64, at place: String) -> TripFinding {
        guard var entry = entries[number] else { return .forgotten }
        let hash = Self.hash(place)
        guard !entry.places.contains(hash) else { return .again }
        defer { entries[number] = entry }
        if entry.places.count < Self.copies { entry.places.append(hash) }
        guard entry.hasArrived else {
            entry.hasArrived = true
            return .returned
        }
        return .doubled
    }

    /// FNV-1a.
    private static func hash(_ text: String) -> UInt64 {
        text.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
    }
}
