internal import Upstreams

/// The paces of all domains that have had mail lately.
///
/// Confined to the delivery's event loop.
final class PaceBook {
    /// Number of paces above which those that are as new are forgotten.
    static let limit = 4096

    private(set) var table: PaceTable
    private var slots: [PaceTable.Key: PaceSlot] = [:]
    private var most = PaceBook.limit
    /// Paces at which a turn has ended since they were looked at.
    private var due: Set<PaceTable.Key> = []

    init(_ settings: [PaceSettings]) {
        table = PaceTable(settings)
    }

    /// Whether there is any pace.
    var isUsed: Bool { !table.entries.isEmpty }

    var count: Int { slots.count }

    func slot(_ key: PaceTable.Key, now: MonotonicInstant) -> PaceSlot {
        if let slot = slots[key] { return slot }
        if slots.count >= most { forget(now: now) }
        let slot = PaceSlot(key, DomainPace(table.entries[key.entry], now: now), of: self)
        slots[key] = slot
        return slot
    }

    /// A line may have its next turn.
    func becameDue(_ key: PaceTable.Key) { due.insert(key) }

    func takeDue() -> Set<PaceTable.Key> {
        defer { due.removeAll(keepingCapacity: true) }
        return due
    }

    /// Every pace that is not as a new one would be, and these, by entry and name.
    func all(with others: Set<PaceTable.Key>, now: MonotonicInstant) -> [(key: PaceTable.Key, pace: DomainPace)] {
        slots.filter { !$0.value.pace.isAtRest(now: now) || others.contains($0.key) }
            .map { (key: $0.key, pace: $0.value.pace) }
            .sorted { ($0.key.entry, $0.key.name) < ($1.key.entry, $1.key.name) }
    }

    private func forget(now: MonotonicInstant) {
        slots = slots.filter { !$0.value.pace.isAtRest(now: now) }
        most = max(Self.limit, 2 * slots.count)
    }

    /// Other paces apply; an entry with the same domains keeps what has been learned.
    ///
    /// - Returns: false if they are the same.
    func replace(_ settings: [PaceSettings], now: MonotonicInstant) -> Bool {
        guard settings != table.entries else { return false }
        let former = table.entries
        table = PaceTable(settings)
        var kept: [PaceTable.Key: PaceSlot] = [:]
        for (key, slot) in slots {
            let subjects = former[key.entry].subjects
            guard let entry = settings.firstIndex(where: { $0.subjects == subjects }) else { continue }
            slot.pace.replace(settings[entry], now: now)
            slot.key = PaceTable.Key(entry: entry, name: key.name)
            kept[slot.key] = slot
        }
        slots = kept
        due = []
        return true
    }
}
