internal import Mail
internal import Spool

/// What waits, by class; within a class, users and their recipient domains take turns (``FairQueue``).
struct FairLines<Element> {
    private var classes = [FairQueue<Element>](repeating: FairQueue(), count: Priority.allCases.count)

    var count: Int { classes[0].count + classes[1].count + classes[2].count }
    var isEmpty: Bool { count == 0 }

    func count(of priority: Priority) -> Int { classes[Int(priority.rawValue)].count }

    /// The next one of a class.
    func first(of priority: Priority) -> Element? { classes[Int(priority.rawValue)].first }

    mutating func append(_ element: Element, _ rank: MessageRank) {
        classes[Int(rank.priority.rawValue)].append(element, rank.flow)
    }

    /// Puts one back into its line, where it goes first; others keep their turns.
    mutating func putBack(_ element: Element, _ rank: MessageRank) {
        classes[Int(rank.priority.rawValue)].putBack(element, rank.flow)
    }

    /// Puts one back that has had its turn: it goes before all others of its class.
    mutating func prepend(_ element: Element, _ rank: MessageRank) {
        classes[Int(rank.priority.rawValue)].prepend(element)
    }

    /// Takes the next one of a class.
    mutating func popFirst(of priority: Priority) -> Element? { classes[Int(priority.rawValue)].popFirst() }

    /// Takes the next one of the highest class.
    mutating func popFirst() -> Element? {
        for index in classes.indices {
            if let element = classes[index].popFirst() { return element }
        }
        return nil
    }

    mutating func removeAll() { self = FairLines() }

    // MARK: - All of them

    /// By class, and line by line.
    var all: [Element] { classes.flatMap(\.all) }

    func contains(where isMeant: (Element) -> Bool) -> Bool { classes.contains { $0.contains(where: isMeant) } }

    /// - Returns: those removed, by class.
    mutating func removeAll(where isMeant: (Element) -> Bool) -> [Element] {
        var removed: [Element] = []
        for index in classes.indices { removed += classes[index].removeAll(where: isMeant) }
        return removed
    }

    /// Removes the only one that matches.
    mutating func remove(where isMeant: (Element) -> Bool) -> Element? {
        for index in classes.indices where classes[index].contains(where: isMeant) {
            return classes[index].removeAll(where: isMeant).first
        }
        return nil
    }

    mutating func update(_ body: (inout Element) -> Void) {
        for index in classes.indices { classes[index].update(body) }
    }
}
