internal import Mail

/// Who waits for probes that operators have asked for: a value without IO or a clock.
///
/// It knows a probe by its path and the time at which it was sent: the first that is sent on a path behind the order is
/// the one. Each path that was asked for gets one result.
package struct TripRuns: Sendable {
    /// One order.
    package typealias ID = Int

    private struct Wish {
        let id: ID
        let path: TripPath
        var sentAt: Timestamp?
    }

    private var wishes: [Wish] = []
    private var last: ID = 0

    package init() {}

    /// An operator has asked for a probe on each of these paths.
    package mutating func begin(_ paths: [TripPath]) -> ID {
        last += 1
        wishes += paths.map { Wish(id: last, path: $0) }
        return last
    }

    /// Whether every path of an order has its result.
    package func isDone(_ id: ID) -> Bool { !wishes.contains { $0.id == id } }

    /// - Returns: the results that this brings, and for which orders.
    package mutating func record(_ news: TripNews) -> [(id: ID, run: TripRun)] {
        guard !wishes.isEmpty else { return [] }
        return switch news {
        case .fact(let fact): record(fact)
        case .notSent(let path, let sentAt, let reason, _):
            end(.notSent(reason)) { $0.path == path && ($0.sentAt == nil || $0.sentAt == sentAt) }
        case .changed, .mailbox, .kept, .blamed, .acquitted, .unreadable, .unwritable: []
        }
    }

    private mutating func record(_ fact: TripFact) -> [(id: ID, run: TripRun)] {
        switch fact.kind {
        case .sent:
            for place in wishes.indices where wishes[place].path == fact.path && wishes[place].sentAt == nil {
                wishes[place].sentAt = fact.sentAt
            }
            return []
        case .arrived(let arrival): return end(fact, .arrived(arrival))
        case .missing: return end(fact, .missing)
        case .failed: return end(fact, .failed)
        case .unjudged: return end(fact, .unjudged)
        case .excused, .returned, .doubled: return []
        }
    }

    private mutating func end(_ fact: TripFact, _ outcome: TripRun.Outcome) -> [(id: ID, run: TripRun)] {
        end(outcome) { $0.path == fact.path && $0.sentAt == fact.sentAt }
    }

    /// The one who gave an order waits no longer.
    ///
    /// - Returns: a result for each path that has none yet.
    package mutating func end(_ id: ID) -> [TripRun] { end(.underWay) { $0.id == id }.map(\.run) }

    private mutating func end(_ outcome: TripRun.Outcome, where isMeant: (Wish) -> Bool) -> [(id: ID, run: TripRun)] {
        let ended = wishes.filter(isMeant)
        wishes.removeAll(where: isMeant)
        return ended.map { ($0.id, TripRun(path: $0.path, sentAt: $0.sentAt, outcome: outcome)) }
    }
}
