package import Mail

/// A change of events in the outbox.
package enum OutboxUpdate: Sendable, Hashable {
    /// They are delivered.
    case remove([Int])
    /// An attempt has failed; the next one is due then, by the steady clock.
    case postpone(Int, attempts: Int, until: Timestamp, reason: String)
    /// The relay gives up.
    case bury(Int, attempts: Int, reason: String)
    /// Those of a webhook that are older go, whether they wait or are dead; at most this many at a time.
    case expire(webhook: String, before: Timestamp, limit: Int)
    /// An operator sends dead events again, as if for the first time.
    case revive(OutboxSelection)
    /// An operator drops events.
    case drop(OutboxSelection)

    /// Whether the database may grow with it. What ends an event gives room back, and is worth the reserve.
    package var needsRoom: Bool {
        switch self {
        case .postpone, .revive: true
        case .remove, .bury, .expire, .drop: false
        }
    }
}

/// Events that an operator means.
package struct OutboxSelection: Sendable, Hashable {
    package let webhook: String
    /// Nil for every dead one.
    package let numbers: [Int]?
    /// Whether every one means those that wait, too; dead ones alone can be revived.
    package let hasWaiting: Bool
    /// Of every one, those with greater numbers.
    package private(set) var after = 0

    package init(webhook: String, numbers: [Int]? = nil, hasWaiting: Bool = false) {
        self.webhook = webhook
        self.numbers = numbers
        self.hasWaiting = hasWaiting
    }

    /// What is left of it after a part; nil for nothing.
    ///
    /// - Parameters:
    ///   - found: its events, or their beginning.
    ///   - step: how many of them are a part.
    package func rest(of found: [Int], step: Int) -> OutboxSelection? {
        guard found.count > step else { return nil }
        guard numbers == nil else { return OutboxSelection(webhook: webhook, numbers: Array(found.dropFirst(step))) }
        var rest = self
        rest.after = found[step - 1]
        return rest
    }
}

/// Changes of the outbox, and who waits for them.
struct OutboxOrder: Sendable {
    let updates: [OutboxUpdate]
    /// Events concerned by the parts of it that are durable.
    var count = 0
    /// Called on the writer's thread once that is durable, or has failed, with the number of events concerned.
    let done: @Sendable (Result<Int, SpoolError>) -> Void

    var needsRoom: Bool { updates.contains(where: \.needsRoom) }
}
