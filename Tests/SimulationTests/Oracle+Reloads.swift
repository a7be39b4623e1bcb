import Mail
import Spool
import Upstreams

@testable import Delivery

/// What may follow from the settings, which change while the relay runs.
extension Oracle {
    /// An upstream that is not in relay.conf.
    struct Removal {
        /// Messages that its sessions had; nil where nobody knows.
        let finishing: Set<QueueID>?
    }

    /// How long what was decided by former settings may take to show.
    private static let slack = Duration.seconds(15)

    /// Other settings apply from now on.
    func reloaded(_ settings: DeliverySettings) {
        former.append((until: present, retry: self.settings.retry))
        self.settings = settings
        reloadedAt = present
        for index in messages.indices where !messages[index].isGone {
            let next = zip(candidates(messages[index].accepted), messages[index].permitted).map {
                $0 + $1.subtracting($0).sorted()
            }
            for (place, candidates) in next.enumerated() {
                messages[index].ever[place].formUnion(candidates)
                messages[index].always[place].formIntersection(candidates)
            }
            messages[index].candidates = next
        }
    }

    func removed(_ upstream: Int, finishing: Set<QueueID>?) { removals[upstream] = Removal(finishing: finishing) }

    func returned(_ upstream: Int) {
        if removals.removeValue(forKey: upstream) != nil { returnedAt[upstream] = present }
    }

    /// Whether an upstream has not been in relay.conf at some time since then.
    func wasAway(_ upstream: Int, since: Timestamp) -> Bool {
        removals[upstream] != nil || returnedAt[upstream].map { $0 >= since } ?? false
    }

    /// Whether there has been a reload since then.
    func wasReloaded(since: Timestamp) -> Bool { reloadedAt.map { $0 >= since } ?? false }

    /// A server is asked about a recipient of a message: nothing begins at a removed upstream.
    func asked(_ message: Int, at upstream: Int) {
        guard let finishing = removals[upstream]?.finishing, !finishing.contains(messages[message].id) else { return }
        problem("\(name(message)) begins at \(policies[upstream].name), which is not in relay.conf")
    }

    // MARK: - Times

    /// The schedules that what happens now may be by.
    private func schedules(for priority: Priority) -> [RetrySettings] {
        let recent = former.filter { present - $0.until < Self.slack }.map(\.retry)
        return (recent + [settings.retry]).map { $0.settings(for: priority) }
    }

    func shortestLife(for priority: Priority) -> Duration { schedules(for: priority).map(\.expireAfter).min() ?? .zero }

    func longestLife(for priority: Priority) -> Duration { schedules(for: priority).map(\.expireAfter).max() ?? .zero }

    /// Nil if nobody is told.
    func earliestWarning(for priority: Priority) -> Duration? {
        schedules(for: priority).map(\.warnAfter).filter { $0 > .zero }.min()
    }

    /// Nil if nobody need be told.
    func latestWarning(for priority: Priority) -> Duration? {
        let all = schedules(for: priority).map(\.warnAfter)
        return all.contains(.zero) ? nil : all.max()
    }

    /// The longest wait between two cycles.
    func longestWait(for priority: Priority) -> Duration {
        schedules(for: priority).map { $0.max * (1 + $0.jitter) }.max() ?? .zero
    }

    /// The shortest wait for a turn that any message has.
    func shortestTurn(for priority: Priority) -> Duration {
        schedules(for: priority).map { min($0.max * (1 + $0.jitter), $0.expireAfter) }.min() ?? .zero
    }

    func longestTurn(for priority: Priority) -> Duration {
        schedules(for: priority).map { min($0.max * (1 + $0.jitter), $0.expireAfter) }.max() ?? .zero
    }
}
