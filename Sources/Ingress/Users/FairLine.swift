internal import Mail
internal import NIOCore

/// A fair queue by client: clients take turns, and elements of one client wait for its next turn.
struct FairLine<Element: Hashable & Sendable>: Sendable {
    private var turns = CircularBuffer<IPAddress>()
    private var waiting: [IPAddress: CircularBuffer<Element>] = [:]

    var isEmpty: Bool { turns.isEmpty }

    /// The element whose turn it is.
    var first: Element? { turns.first.flatMap { waiting[$0]?.first } }

    mutating func append(_ element: Element, of client: IPAddress) {
        if waiting[client] == nil { turns.append(client) }
        waiting[client, default: CircularBuffer(initialCapacity: 1)].append(element)
    }

    mutating func popFirst() -> Element? {
        guard let client = turns.popFirst() else { return nil }
        let element = waiting[client]?.popFirst()
        if waiting[client]?.isEmpty == false { turns.append(client) } else { waiting[client] = nil }
        return element
    }

    mutating func remove(_ element: Element, of client: IPAddress) {
        waiting[client]?.removeAll { $0 == element }
        guard waiting[client]?.isEmpty == true else { return }
        waiting[client] = nil
        turns.removeAll { $0 == client }
    }
}
