@testable import Delivery

/// An operator's order about messages, given once.
struct PlannedOrder {
    let order: QueueOrder
    /// Percentage of the messages that it is about.
    let share: Int
    /// For attempts that run.
    let wait: Duration
    /// Whether the relay dies right behind the answer.
    let isFatal: Bool

    init(_ order: QueueOrder, share: Int = 100, wait: Duration = .seconds(5), isFatal: Bool = false) {
        (self.order, self.share, self.wait, self.isFatal) = (order, share, wait, isFatal)
    }

    init(_ chance: Chance, upstreams: [String]) {
        let orders: [QueueOrder] = [
            .retry, .hold, .hold, .release, .drop(notify: false), .drop(notify: true),
            .move(to: chance.one(of: upstreams)),
        ]
        self.init(
            chance.one(of: orders), share: chance.one(of: [5, 30, 100]),
            wait: .milliseconds(chance.one(of: [0, 100, 2000, 20_000])), isFatal: chance.percent(20))
    }
}
