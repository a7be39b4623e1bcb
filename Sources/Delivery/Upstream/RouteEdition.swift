/// The routes and upstreams between two reloads. It lives as long as a message that has begun under it.
final class RouteEdition {
    let number: Int

    init(number: Int) {
        self.number = number
    }
}

/// Editions that messages may still know.
struct FormerEditions {
    private struct Former {
        weak var edition: RouteEdition?
        let number: Int
    }

    private var list: [Former] = []

    mutating func add(_ edition: RouteEdition) {
        list.removeAll { $0.edition == nil }
        list.append(Former(edition: edition, number: edition.number))
    }

    /// Whether a message is left that has begun under this edition, or an earlier one.
    func isAlive(before number: Int) -> Bool {
        list.contains { $0.number <= number && $0.edition != nil }
    }
}
