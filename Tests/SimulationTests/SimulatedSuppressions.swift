import Mail
import Spool
import Suppression
import TestKit
import Upstreams

@testable import Delivery

/// The suppressions of a run: what is durable, what is in force in this life, and an operator who changes them.
///
/// Knows what the relay must not do: ask an upstream about a suppressed recipient of a message that it has looked at since,
/// or suppress an address that no upstream has called unknown.
final class SimulatedSuppressions {
    private let settings: SuppressionSettings
    private let timeline: Timeline
    private let oracle: Oracle
    private let chance: Chance
    private let trace: Trace

    // On disk.
    private var entries: [SuppressionKey: SuppressionEntry] = [:]
    private var tallies: [String: BounceTally] = [:]

    // In memory.
    private var index = SuppressionIndex()
    private var waiting: [Bounce] = []
    private var life = 0

    // What the oracle knows.
    private var inForceSince: [SuppressionKey: Timestamp] = [:]
    private var unknown: Set<String> = []
    /// When the relay looked at a message last, at the latest.
    private var lookedAt: [QueueID: Timestamp] = [:]
    private var beganAt = Timestamp(milliseconds: 0)
    private(set) var suppressed = 0
    private(set) var automatic = 0

    init(_ settings: SuppressionSettings, _ simulation: (Timeline, Oracle, Trace), _ chance: Chance) {
        self.settings = settings
        (timeline, oracle, trace) = simulation
        self.chance = chance
    }

    private var now: Timestamp { Simulation.epoch + .nanoseconds(timeline.now) }

    // MARK: - Lives

    /// The relay starts, and reads what is on disk.
    func begin() -> SuppressionGate {
        index = SuppressionIndex()
        beganAt = now
        for entry in entries.values { enforce(entry) }
        return SuppressionGate(index, action: .refuse)
    }

    /// The relay dies; what was about to be committed is, or is not, as a whole.
    func crash() {
        life += 1
        if chance.percent(50) { _ = commit() }
        waiting = []
    }

    // MARK: - Bounces

    func bounced(_ bounce: Bounce) {
        trace.note { "\(bounce.address) has bounced: \(bounce.kind)" }
        waiting.append(bounce)
        guard waiting.count == 1 else { return }
        timeline.after(.microseconds(chance.number(100...50_000))) { [self, life] in
            guard life == self.life else { return }
            for entry in commit() { enforce(entry) }
        }
    }

    /// - Returns: what has become durable.
    private func commit() -> [SuppressionEntry] {
        defer { waiting = [] }
        return waiting.compactMap(count)
    }

    private func count(_ bounce: Bounce) -> SuppressionEntry? {
        let pattern = SuppressionPattern(address: bounce.address.text)
        guard entries[SuppressionKey(pattern)] == nil else { return nil }
        guard let source = tallies[pattern.text, default: BounceTally()].add(bounce, settings) else { return nil }
        if source == .hardBounces, !unknown.contains(pattern.text) {
            oracle.problem("\(pattern) is suppressed, and no upstream has called it unknown: \(bounce.reply)")
        }
        automatic += 1
        let entry = SuppressionEntry(SuppressionKey(pattern), reason: bounce.reply, source: source, addedAt: now)
        entries[entry.key] = entry
        return entry
    }

    private func enforce(_ entry: SuppressionEntry) {
        trace.note { "\(entry.key.pattern) is suppressed" }
        index.set(entry)
        inForceSince[entry.key] = inForceSince[entry.key] ?? now
    }

    // MARK: - An operator

    /// Changes by hand, from now until then.
    func arrange(until end: Duration) {
        for _ in 0..<chance.number(1...4) {
            let text = chance.one(of: ["r0@*", "r1@*", "r2@*", "x0@*", "@*.d1.test", "@senders.d0.test"])
            guard let pattern = try? SuppressionPattern(text) else { continue }
            let at = chance.duration(.zero...end)
            timeline.at(at.nanoseconds) { [self] in add(pattern) }
            guard chance.percent(40) else { continue }
            timeline.at((at + chance.seconds(1...40)).nanoseconds) { [self] in remove(pattern) }
        }
    }

    private func add(_ pattern: SuppressionPattern) {
        let entry = SuppressionEntry(
            SuppressionKey(pattern), reason: "test", source: .operator, addedBy: "uid:0", addedAt: now)
        entries[entry.key] = entry
        enforce(entry)
    }

    private func remove(_ pattern: SuppressionPattern) {
        let key = SuppressionKey(pattern)
        trace.note { "\(pattern) is no longer suppressed" }
        entries[key] = nil
        inForceSince[key] = nil
        index.remove(key)
    }

    // MARK: - Checks

    /// An upstream has said that it does not know this address.
    func calledUnknown(_ address: String) { unknown.insert(SuppressionPattern(address: address).text) }

    /// An upstream is asked about a recipient of a message.
    func asked(_ address: String, of message: Int) {
        let entry = oracle.messages[message]
        guard entry.accepted.notice == nil, let key = key(of: address), let since = inForceSince[key] else { return }
        let looked = [beganAt, entry.receivedAt, lookedAt[entry.id] ?? beganAt].max() ?? beganAt
        if looked > since || now - since > .seconds(120) {
            oracle.problem("\(oracle.name(message)): an upstream is asked about \(address), suppressed since \(since)")
        }
    }

    private func key(of address: String) -> SuppressionKey? {
        index.match(address, route: "", at: now)?.key
    }

    func heard(_ event: DeliveryEvent) {
        switch event {
        case .suppressed(let id, let recipient, let match, _): refused(id, recipient, match)
        case .deferred(let id, _, _, _, _, next: nil, _, _): lookedAt[id] = now
        default: break
        }
    }

    /// The relay fails a recipient for this.
    private func refused(_ id: QueueID, _ address: Address, _ match: SuppressionMatch) {
        suppressed += 1
        guard let message = oracle.messages.firstIndex(where: { $0.id == id }) else { return }
        let accepted = oracle.messages[message].accepted
        if accepted.notice != nil { oracle.problem("a notice to \(address) is suppressed") }
        if entries[match.key] == nil {
            oracle.problem("\(address) is suppressed by \(match.key), which is not durable")
        }
        guard let place = accepted.recipients.firstIndex(where: { $0.address == address }) else {
            return oracle.problem("\(address) is suppressed, and no recipient of message \(message)")
        }
        oracle.condemned(message, [place], by: nil)
    }
}
