internal import Mail

/// Messages of streams with a limit that have been let through, until they have ended or wait for another time: one that comes
/// back before that, since its route was blocked or its pace used up, counts once.
struct AdmittedMessages {
    private var ids: [String: Set<QueueID>] = [:]

    var isEmpty: Bool { ids.isEmpty }
    /// Number of them by stream.
    var counts: [String: Int] { ids.mapValues(\.count) }

    func ids(of stream: String) -> Set<QueueID> { ids[stream] ?? [] }

    func contains(_ id: QueueID, of stream: String) -> Bool { ids[stream]?.contains(id) ?? false }

    mutating func add(_ new: some Sequence<QueueID>, of stream: String) { ids[stream, default: []].formUnion(new) }

    /// - Returns: whether it was here.
    mutating func remove(_ id: QueueID, of stream: String) -> Bool {
        guard ids[stream]?.remove(id) != nil else { return false }
        if ids[stream]?.isEmpty ?? false { ids[stream] = nil }
        return true
    }

    /// Removes messages, of whatever stream.
    ///
    /// - Returns: how many of each stream were here.
    mutating func remove(where isMeant: (QueueID) -> Bool) -> [String: Int] {
        var removed: [String: Int] = [:]
        for (stream, all) in ids {
            let left = all.filter { !isMeant($0) }
            guard left.count < all.count else { continue }
            removed[stream] = all.count - left.count
            ids[stream] = left.isEmpty ? nil : left
        }
        return removed
    }
}
