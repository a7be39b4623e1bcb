/// Events in order. A server's list may be a hundred thousand of them, which an array would move one by one.
struct EventQueue<Element: Sendable>: Sendable {
    private var elements: [Element] = []
    private var head = 0

    var isEmpty: Bool { head == elements.count }

    mutating func append(_ new: [Element]) { elements += new }

    /// Puts it before all others.
    mutating func prepend(_ element: Element) {
        elements.replaceSubrange(0..<head, with: CollectionOfOne(element))
        head = 0
    }

    mutating func popFirst() -> Element? {
        guard !isEmpty else { return nil }
        defer {
            head += 1
            if isEmpty { removeAll() }
        }
        return elements[head]
    }

    mutating func removeAll() {
        elements = []
        head = 0
    }
}
