package import Mail

/// What has to be told and has not been: per recipient in order, one at a time, with growing waits after failures. Bounded
/// in number and in time. A value without a clock.
package struct AlertOutbox: Hashable, Sendable {
    package struct Entry: Hashable, Sendable {
        /// Name of a `[[notify]]`.
        package var sink: String
        package var notification: AlertNotification
        package var beganAt: Timestamp
        /// When it is tried next.
        package var dueAt: Timestamp
        /// Tries that have failed.
        package var tries = 0

        package init(
            sink: String, notification: AlertNotification, beganAt: Timestamp, dueAt: Timestamp, tries: Int = 0
        ) {
            (self.sink, self.notification, self.beganAt) = (sink, notification, beganAt)
            (self.dueAt, self.tries) = (dueAt, tries)
        }
    }

    /// What a failed try leads to.
    package enum Verdict: Hashable, Sendable {
        case again(at: Timestamp)
        case givenUp
    }

    /// Per recipient; what is new beyond that is not told, which is logged.
    package static let capacity = 200
    static let firstWait = Duration.seconds(1)
    static let longestWait = Duration.seconds(300)
    /// Afterwards it is given up.
    package static let patience = Duration.seconds(6 * 3600)

    /// Oldest first.
    package private(set) var waiting: [Entry] = []
    /// Recipients that are being told something.
    private var busy: Set<String> = []

    package init() {}

    init(waiting: [Entry]) {
        self.waiting = waiting
    }

    /// - Returns: false if too much waits for it already.
    package mutating func add(_ notification: AlertNotification, for sink: String, now: Timestamp) -> Bool {
        guard waiting.count(where: { $0.sink == sink }) < Self.capacity else { return false }
        waiting.append(Entry(sink: sink, notification: notification, beganAt: now, dueAt: now))
        return true
    }

    /// Takes what is due: of each recipient the first, if nothing is under way there.
    package mutating func takeDue(now: Timestamp) -> [Entry] {
        var (seen, due): (Set<String>, [Entry]) = (busy, [])
        for entry in waiting where seen.insert(entry.sink).inserted && entry.dueAt <= now { due.append(entry) }
        busy.formUnion(due.map(\.sink))
        return due
    }

    /// It was told.
    package mutating func succeeded(_ entry: Entry) {
        busy.remove(entry.sink)
        waiting.removeAll { $0.isSame(as: entry) }
    }

    /// It was not.
    ///
    /// - Parameters:
    ///   - wait: what the recipient has asked for.
    ///   - isFinal: whether another try makes no sense.
    package mutating func failed(_ entry: Entry, wait: Duration?, isFinal: Bool, now: Timestamp) -> Verdict {
        busy.remove(entry.sink)
        guard let index = waiting.firstIndex(where: { $0.isSame(as: entry) }) else { return .givenUp }
        let due = now + max(Self.wait(after: entry.tries), min(wait ?? .zero, .seconds(3600)))
        guard !isFinal, due - entry.beganAt <= Self.patience else {
            waiting.remove(at: index)
            return .givenUp
        }
        waiting[index].tries += 1
        waiting[index].dueAt = due
        return .again(at: due)
    }

    /// Forgets what waits for others than these.
    ///
    /// - Returns: what nobody will be told.
    package mutating func keep(_ sinks: Set<String>) -> [Entry] {
        let lost = waiting.filter { !sinks.contains($0.sink) }
        waiting.removeAll { !sinks.contains($0.sink) }
        return lost
    }

    private static func wait(after tries: Int) -> Duration {
        min(firstWait * (1 << min(tries, 16)), longestWait)
    }
}

extension AlertOutbox.Entry {
    fileprivate func isSame(as other: Self) -> Bool {
        sink == other.sink && notification.id == other.notification.id
    }
}
