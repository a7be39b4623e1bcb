internal import DequeModule
internal import HeapModule
internal import Mail
internal import Spool

/// What waits for a pace in one class: streams or users take turns, and what one of them has goes by age.
///
/// Adding and taking are O(log n). Unlike in ``FairQueue``, a message that comes back, because its turn came to nothing, has
/// its former place.
struct PaceFlows {
    /// By flow; none of them empty.
    private var flows: [UInt16: Heap<PaceLine.Entry>] = [:]
    /// Each flow once; the first is next.
    private var turns: Deque<UInt16> = []
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    mutating func add(_ entry: PaceLine.Entry) {
        let flow = entry.rank.flow.flow
        count += 1
        if flows[flow] == nil { turns.append(flow) }
        flows[flow, default: Heap()].insert(entry)
    }

    mutating func popFirst() -> PaceLine.Entry? {
        guard let flow = turns.popFirst(), let entry = flows[flow]?.popMin() else { return nil }
        count -= 1
        if flows[flow]?.isEmpty ?? true { flows[flow] = nil } else { turns.append(flow) }
        return entry
    }

    // MARK: - All of them

    /// In no order.
    var all: [PaceLine.Entry] { flows.values.flatMap(\.unordered) }

    func contains(_ id: QueueID) -> Bool { flows.values.contains { $0.unordered.contains { $0.id == id } } }

    /// When something else is due for the first of them; never if there is nothing.
    var wake: Int64 {
        flows.values.reduce(.max) { first, heap in heap.unordered.reduce(first) { min($0, $1.wake) } }
    }

    /// - Returns: those removed, in no order.
    mutating func removeAll(where isMeant: (PaceLine.Entry) -> Bool) -> [PaceLine.Entry] {
        var removed: [PaceLine.Entry] = []
        for (flow, heap) in flows {
            let taken = heap.unordered.filter(isMeant)
            guard !taken.isEmpty else { continue }
            removed += taken
            let left = heap.unordered.filter { !isMeant($0) }
            flows[flow] = left.isEmpty ? nil : Heap(left)
        }
        guard !removed.isEmpty else { return [] }
        count -= removed.count
        let known = flows
        turns.removeAll { known[$0] == nil }
        return removed
    }

    /// - Parameter body: changes no ID and no rank.
    mutating func update(_ body: (PaceLine.Entry) -> PaceLine.Entry) {
        flows = flows.mapValues { heap in Heap(heap.unordered.map(body)) }
    }
}
