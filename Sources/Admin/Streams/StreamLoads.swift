internal import Mail
internal import Spool

/// What waits of a stream.
struct StreamLoad: Hashable, Sendable {
    /// With a recipient that waits.
    var messages = 0
    /// Recipients of messages in the queue, by state as operators see it.
    var byState: [String: Int] = [:]

    /// Recipients without a final outcome.
    var waiting: Int {
        byState.reduce(0) { Self.isDone($1.key) ? $0 : $0 + $1.value }
    }

    /// Whether nothing becomes of a recipient in this state any more.
    static func isDone(_ state: String) -> Bool { state == "delivered" || state == "failed" }
}

/// What waits of each stream: of a bounded number, and of all others together.
struct StreamLoads: Sendable {
    /// Most streams that are kept apart, besides those that are known anyway.
    static let limit = 1000

    private let known: Set<String>
    private(set) var byName: [String: StreamLoad] = [:]

    init(known: Set<String>) {
        self.known = known
    }

    /// The relay's own notices belong to nobody's stream.
    mutating func add(_ message: MessageGlance, _ matcher: QueueMatcher) {
        guard !message.isNotice else { return }
        var streams: Set<String> = []
        matcher.forEachMatch(in: message) { recipient, place in
            let name = row(of: place.stream(of: recipient))
            byName[name, default: StreamLoad()].byState[recipient.state, default: 0] += 1
            guard !StreamLoad.isDone(recipient.state) else { return }
            if streams.insert(name).inserted { byName[name]?.messages += 1 }
        }
    }

    private func row(of name: String) -> String {
        byName[name] != nil || known.contains(name) || byName.count < Self.limit ? name : StreamName.other
    }
}
