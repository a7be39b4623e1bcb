internal import DequeModule
internal import Mail

/// What waits at one upstream, or in one stream, in order of arrival within each class; the classes take turns by their
/// weights.
///
/// Every step is O(1), but for insertions and those that concern all of it.
struct ClassQueue<Element> {
    private var lanes = [Deque<Element>](repeating: [], count: Priority.allCases.count)
    private var turns: ClassTurns

    init(_ weights: ClassWeights = ClassWeights()) {
        turns = ClassTurns(weights)
    }

    var count: Int { lanes[0].count + lanes[1].count + lanes[2].count }
    var isEmpty: Bool { count == 0 }
    /// By class and age.
    var all: [Element] { lanes.flatMap { $0 } }

    func count(of priority: Priority) -> Int { lanes[Int(priority.rawValue)].count }

    mutating func replace(_ weights: ClassWeights) { turns.replace(weights) }

    mutating func append(_ element: Element, _ priority: Priority) {
        lanes[Int(priority.rawValue)].append(element)
        turns.began(priority)
    }

    /// Puts it before those of its class that are to go after it, which are behind all that are not.
    mutating func insert(_ element: Element, _ priority: Priority, before goesAfter: (Element) -> Bool) {
        let lane = Int(priority.rawValue)
        var (low, high) = (0, lanes[lane].count)
        // Nearly always the end.
        if let last = lanes[lane].last, !goesAfter(last) { low = high }
        while low < high {
            let middle = (low + high) / 2
            if goesAfter(lanes[lane][middle]) { high = middle } else { low = middle + 1 }
        }
        lanes[lane].insert(element, at: low)
        turns.began(priority)
    }

    /// Puts it ahead of all others of its class.
    mutating func prepend(_ element: Element, _ priority: Priority) {
        lanes[Int(priority.rawValue)].prepend(element)
        turns.began(priority)
    }

    /// The class whose turn it is; nil if nothing waits.
    var next: Priority? { turns.next }

    /// The next one, by the turns of the classes.
    mutating func popNext() -> Element? { next.flatMap { pop($0) } }

    /// The next one of a class, whether or not it has its turn.
    mutating func pop(_ priority: Priority) -> Element? {
        guard let element = lanes[Int(priority.rawValue)].popFirst() else { return nil }
        turns.went(priority)
        endIfEmpty(priority)
        return element
    }

    // MARK: - All of them

    func contains(where isMeant: (Element) -> Bool) -> Bool { lanes.contains { $0.contains(where: isMeant) } }

    func forEach(_ body: (Element) -> Void) {
        for lane in lanes { lane.forEach(body) }
    }

    mutating func update(_ body: (inout Element) -> Void) {
        for lane in lanes.indices {
            for index in lanes[lane].indices { body(&lanes[lane][index]) }
        }
    }

    /// - Returns: those removed, by class and age.
    mutating func removeAll(where isMeant: (Element) -> Bool) -> [Element] {
        var removed: [Element] = []
        for priority in Priority.allCases {
            lanes[Int(priority.rawValue)].removeAll { element in
                guard isMeant(element) else { return false }
                removed.append(element)
                return true
            }
            endIfEmpty(priority)
        }
        return removed
    }

    private mutating func endIfEmpty(_ priority: Priority) {
        if lanes[Int(priority.rawValue)].isEmpty { turns.ended(priority) }
    }
}
