internal import DequeModule

/// What one user sends to one domain, in order of arrival; what has been put back is before all else.
struct FairLine<Element> {
    /// In the order in which they were put back.
    private var returned: Deque<Element> = []
    private var others: Deque<Element> = []

    var isEmpty: Bool { others.isEmpty && returned.isEmpty }
    var first: Element? { returned.first ?? others.first }
    var all: [Element] { Array(returned) + Array(others) }

    mutating func append(_ element: Element) { others.append(element) }

    mutating func putBack(_ element: Element) { returned.append(element) }

    mutating func popFirst() -> Element? { returned.popFirst() ?? others.popFirst() }

    func contains(where isMeant: (Element) -> Bool) -> Bool {
        returned.contains(where: isMeant) || others.contains(where: isMeant)
    }

    mutating func edit(_ body: (inout Deque<Element>) -> Void) {
        if !returned.isEmpty { body(&returned) }
        body(&others)
    }
}
