package import Mail

/// What has to be told and has not been: per recipient in order, one at a time, with growing waits after failures. Bounded
/// in number and in time, and without what is not worth telling any more (``settle(_:)``). A value without a clock.
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
        /// Whether its recipient has heard before that the alert fires, or may have.
        package var isKnown: Bool

        package init(
            sink: String, notification: AlertNotification, beganAt: Timestamp, dueAt: Timestamp, tries: Int = 0,
            isKnown: Bool = false
        ) {
            (self.sink, self.notification, self.beganAt) = (sink, notification, beganAt)
            (self.dueAt, self.tries, self.isKnown) = (dueAt, tries, isKnown)
        }
    }

    /// What becomes of something new.
    package struct Intake: Hashable, Sendable {
        /// false if too much waits for the recipient already.
        package var isTaken: Bool
        /// Beginnings that nobody has been told and that are over, each with the subjects that are.
        package var over: [Entry]
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
    package internal(set) var waiting: [Entry] = []
    /// By recipient, what he is being told: the `id` of a notification.
    private var underWay: [String: String] = [:]

    package init() {}

    /// Takes what an earlier relay has left.
    init(waiting: [Entry]) {
        self.waiting = waiting
        for sink in Set(waiting.map(\.sink)) { _ = settle(sink) }
    }

    /// Takes something new, and drops what it makes pointless.
    package mutating func add(_ notification: AlertNotification, for sink: String, now: Timestamp) -> Intake {
        let entry = Entry(
            sink: sink, notification: notification, beganAt: now, dueAt: now, isKnown: notification.isRepeated)
        waiting.append(entry)
        let over = settle(sink)
        guard waiting.count(where: { $0.sink == sink }) > Self.capacity, let last = waiting.last, last.isSame(as: entry)
        else { return Intake(isTaken: true, over: over) }
        waiting.removeLast()
        return Intake(isTaken: false, over: over)
    }

    /// Takes what is due: of each recipient the first, if nothing is under way there.
    package mutating func takeDue(now: Timestamp) -> [Entry] {
        var (seen, due): (Set<String>, [Entry]) = (Set(underWay.keys), [])
        for entry in waiting where seen.insert(entry.sink).inserted && entry.dueAt <= now { due.append(entry) }
        for entry in due { underWay[entry.sink] = entry.notification.id }
        return due
    }

    func isUnderWay(_ entry: Entry) -> Bool { underWay[entry.sink] == entry.notification.id }

    /// Whether he is still to be told that the alert fires about this subject.
    package func isToBeTold(_ sink: String, _ alert: String, _ subject: String) -> Bool {
        waiting.contains { entry in
            entry.sink == sink && entry.notification.status == .firing && entry.notification.alert == alert
                && entry.notification.isAbout(subject)
        }
    }

    /// It was told.
    package mutating func succeeded(_ entry: Entry) {
        underWay[entry.sink] = nil
        waiting.removeAll { $0.isSame(as: entry) }
    }

    /// It was not.
    ///
    /// - Parameters:
    ///   - wait: what the recipient has asked for.
    ///   - isFinal: whether another try makes no sense.
    ///   - mayHaveArrived: whether the recipient may know it nevertheless.
    package mutating func failed(
        _ entry: Entry, wait: Duration?, isFinal: Bool, mayHaveArrived: Bool = false, now: Timestamp
    ) -> Verdict {
        underWay[entry.sink] = nil
        if mayHaveArrived, let index = waiting.firstIndex(where: { $0.isSame(as: entry) }) {
            waiting[index].isKnown = true
        }
        _ = settle(entry.sink)
        guard let index = waiting.firstIndex(where: { $0.isSame(as: entry) }) else { return .givenUp }
        let due = now + max(Self.wait(after: entry.tries), min(wait ?? .zero, .seconds(3600)))
        guard !isFinal, due - waiting[index].beganAt <= Self.patience else {
            waiting.remove(at: index)
            return .givenUp
        }
        waiting[index].tries += 1
        waiting[index].dueAt = due
        return .again(at: due)
    }

    /// Forgets what relay.conf does not want told any more, except what is under way.
    ///
    /// - Returns: what nobody will be told.
    package mutating func keep(_ settings: AlertSettings) -> [Entry] {
        let sinks = Set(settings.sinks.map(\.name))
        let lost = waiting.filter { entry in
            !settings.wants(entry.notification, for: entry.sink)
                && !(sinks.contains(entry.sink) && isUnderWay(entry))
        }
        waiting.removeAll { entry in lost.contains { $0.isSame(as: entry) } }
        return lost
    }

    private static func wait(after tries: Int) -> Duration {
        min(firstWait * (1 << min(tries, 16)), longestWait)
    }
}

extension AlertOutbox.Entry {
    func isSame(as other: Self) -> Bool {
        sink == other.sink && notification.id == other.notification.id
    }
}
