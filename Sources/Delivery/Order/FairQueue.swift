internal import DequeModule
internal import Spool

/// What waits in one class: users take turns, the recipient domains of each take turns, and what one user sends to one
/// domain goes in order of arrival.
///
/// So while two users wait, neither has gone more than one message further than the other, however much either of them has;
/// the same holds for two domains of one user. Adding and taking are O(1); memory is that of the elements, and a line for
/// each user and domain that waits, of which there are at most 256 per user. As long as all of it is one user's mail to one
/// domain, there are no lines.
struct FairQueue<Element> {
    /// What one user has waiting.
    fileprivate struct Flow {
        /// By domain; none of them empty.
        var lines: [UInt8: FairLine<Element>] = [:]
        /// Each domain once; the first is next.
        var turns: Deque<UInt8> = []
    }

    /// They have had their turn, and go first.
    private var returned: Deque<Element> = []
    /// All else, while it is of one user and domain.
    private var single = FairLine<Element>()
    private var singleKey = FlowKey.none
    /// All else, otherwise; none of them empty.
    private var flows: [UInt16: Flow] = [:]
    /// Each flow once; the first is next.
    private var turns: Deque<UInt16> = []
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    /// What ``popFirst()`` would take.
    var first: Element? {
        returned.first ?? single.first ?? turns.first.flatMap { flows[$0]?.first }
    }

    mutating func append(_ element: Element, _ key: FlowKey) { add(key) { $0.append(element) } }

    /// Puts one back into its line, where it goes first. There may be any number of these: others keep their turns.
    mutating func putBack(_ element: Element, _ key: FlowKey) { add(key) { $0.putBack(element) } }

    private mutating func add(_ key: FlowKey, _ insert: (inout FairLine<Element>) -> Void) {
        count += 1
        if turns.isEmpty {
            if single.isEmpty { singleKey = key }
            guard singleKey != key else { return insert(&single) }
            splitUp()
        }
        if flows[key.flow, default: Flow()].add(key.domain, insert) { turns.append(key.flow) }
    }

    /// Puts one back that has had its turn, before all others; these must be few.
    mutating func prepend(_ element: Element) {
        count += 1
        returned.prepend(element)
    }

    mutating func popFirst() -> Element? {
        guard count > 0 else { return nil }
        count -= 1
        if let element = returned.popFirst() ?? single.popFirst() { return element }
        guard let flow = turns.popFirst(), let element = flows[flow]?.popFirst() else {
            preconditionFailure("what is counted is in a line")
        }
        if flows[flow]?.turns.isEmpty ?? true { flows[flow] = nil } else { turns.append(flow) }
        return element
    }

    private mutating func splitUp() {
        let line = single
        single = FairLine()
        flows[singleKey.flow] = Flow(lines: [singleKey.domain: line], turns: [singleKey.domain])
        turns.append(singleKey.flow)
    }

    // MARK: - All of them

    /// Line by line, in the order of turns.
    var all: [Element] {
        Array(returned) + single.all + turns.flatMap { flow in flows[flow].map(\.all) ?? [] }
    }

    func contains(where isMeant: (Element) -> Bool) -> Bool {
        returned.contains(where: isMeant) || single.contains(where: isMeant)
            || flows.values.contains { flow in flow.lines.values.contains { $0.contains(where: isMeant) } }
    }

    /// Changes each of them, line by line.
    mutating func update(_ body: (inout Element) -> Void) {
        editLines { line in
            for index in line.indices { body(&line[index]) }
        }
    }

    /// - Returns: those removed, line by line in the order of turns.
    mutating func removeAll(where isMeant: (Element) -> Bool) -> [Element] {
        var removed: [Element] = []
        editLines { line in
            line.removeAll { element in
                guard isMeant(element) else { return false }
                removed.append(element)
                return true
            }
        }
        guard !removed.isEmpty else { return [] }
        count -= removed.count
        for flow in turns { flows[flow]?.dropEmpty() }
        turns.removeAll { flow in flows[flow].map(\.turns.isEmpty) ?? true }
        for flow in flows.keys.filter({ flows[$0]?.turns.isEmpty ?? true }) { flows[flow] = nil }
        return removed
    }

    private mutating func editLines(_ edit: (inout Deque<Element>) -> Void) {
        edit(&returned)
        single.edit(edit)
        for flow in turns { flows[flow]?.editLines(edit) }
    }
}

extension FairQueue.Flow {
    fileprivate var all: [Element] { turns.flatMap { lines[$0]?.all ?? [] } }

    fileprivate var first: Element? { turns.first.flatMap { lines[$0]?.first } }

    /// - Returns: whether nothing was waiting before.
    fileprivate mutating func add(_ domain: UInt8, _ insert: (inout FairLine<Element>) -> Void) -> Bool {
        let wasEmpty = turns.isEmpty
        if lines[domain] == nil { turns.append(domain) }
        insert(&lines[domain, default: FairLine()])
        return wasEmpty
    }

    fileprivate mutating func popFirst() -> Element? {
        guard let domain = turns.popFirst() else { return nil }
        let element = lines[domain]?.popFirst()
        if lines[domain]?.isEmpty ?? true { lines[domain] = nil } else { turns.append(domain) }
        return element
    }

    fileprivate mutating func editLines(_ edit: (inout Deque<Element>) -> Void) {
        for domain in turns { lines[domain]?.edit(edit) }
    }

    fileprivate mutating func dropEmpty() {
        turns.removeAll { lines[$0]?.isEmpty ?? true }
        lines = lines.filter { !$0.value.isEmpty }
    }
}
