import Mail
import Spool
import TestKit

@testable import Webhooks

/// The courier of each life of the relay, and a receiver that fails by chance, is slow, and whose answers get lost.
///
/// It has no events of its own on the timeline, and its own random numbers: a run goes as it would without it.
final class SimulatedCourier {
    private struct Request {
        let entry: OutboxEntry
        let due: Timestamp
    }

    private struct Write {
        let what: OutboxWrite
        let due: Timestamp
    }

    private let outbox: SimulatedOutbox
    private let chance: Chance
    /// Nil between two lives.
    private var machine: OutboxMachine?
    private var requests: [Request] = []
    private var writes: [Write] = []
    private var known = 0
    private var wake: Timestamp?
    /// Percentage of requests that the receiver takes.
    private var reliability = 60
    /// Numbers of events as they came, by message.
    private(set) var arrivals: [QueueID: [Int]] = [:]
    private(set) var faults: [String] = []

    init(_ outbox: SimulatedOutbox, _ chance: Chance) {
        self.outbox = outbox
        self.chance = chance
    }

    /// Whether everything was delivered, and that is durable.
    var isDone: Bool { outbox.entries.isEmpty && requests.isEmpty && writes.isEmpty }

    // MARK: - Lives

    func begin() {
        let backoff = Backoff(first: .milliseconds(500), longest: .seconds(20))
        machine = OutboxMachine(WebhookLimits(attempts: .max, retryFor: .seconds(1 << 40)), backoff)
        (known, wake) = (0, nil)
    }

    /// What is under way may have arrived, and what is being written may be on disk.
    func crash() {
        machine = nil
        for request in requests where chance.percent(50) { arrived(request.entry) }
        for write in writes where chance.percent(50) { apply(write.what) }
        (requests, writes) = ([], [])
    }

    /// The receiver takes everything from now on.
    func heal() { reliability = 100 }

    // MARK: - Time

    func step(_ now: Timestamp) {
        guard machine != nil else { return }
        var hasNews = finish(now)
        if outbox.all.count > known {
            known = outbox.all.count
            machine?.woken()
            hasNews = true
        }
        if hasNews || wake.map({ $0 <= now }) ?? false { act(now) }
    }

    /// - Returns: whether anything was reported to the machine.
    private func finish(_ now: Timestamp) -> Bool {
        let (answered, written) = (requests.filter { $0.due <= now }, writes.filter { $0.due <= now })
        requests.removeAll { $0.due <= now }
        writes.removeAll { $0.due <= now }
        for request in answered { answer(request.entry, now) }
        for write in written {
            if chance.percent(3) {
                machine?.notWritten(write.what, now: now)
            } else {
                apply(write.what)
                _ = machine?.written(write.what, count: write.what.updates.count)
            }
        }
        return !answered.isEmpty || !written.isEmpty
    }

    private func answer(_ entry: OutboxEntry, _ now: Timestamp) {
        let isTaken = chance.percent(reliability)
        // Its answer may get lost.
        let isHeard = isTaken && (reliability == 100 || chance.percent(90))
        if isTaken { arrived(entry) }
        let wish: Duration? = chance.percent(20) ? .seconds(chance.number(0...5)) : nil
        let answer: WebhookAnswer = isHeard ? .taken : .failed(reason: "no", wish: wish)
        let random = Double(chance.number(0...100)) / 100
        guard let (write, _) = machine?.answered(entry.number, answer, now: now, random: random) else { return }
        writes.append(Write(what: write, due: now + chance.duration(.zero ... .milliseconds(50))))
    }

    private func arrived(_ entry: OutboxEntry) { arrivals[entry.message, default: []].append(entry.number) }

    private func apply(_ write: OutboxWrite) {
        for update in write.updates { outbox.apply(update) }
    }

    private func act(_ now: Timestamp) {
        while true {
            guard let action = machine?.next(now: now) else { return }
            switch action {
            case .send(let entry): send(entry, now)
            case .load(let page):
                if chance.percent(5) {
                    machine?.loadFailed(page, now: now)
                } else {
                    machine?.loaded(outbox.entries(page), page)
                }
            case .write(let write) where write.isRepeat:
                writes.append(Write(what: write, due: now + chance.duration(.zero ... .milliseconds(50))))
            case .write(let write): faults.append("nobody gives up \(write)")
            case .wait(let until): return wake = until
            }
        }
    }

    private func send(_ entry: OutboxEntry, _ now: Timestamp) {
        if requests.contains(where: { $0.entry.message == entry.message }) {
            faults.append("two events of message \(entry.message) are on their way")
        }
        requests.append(Request(entry: entry, due: now + chance.duration(.milliseconds(1) ... .milliseconds(500))))
    }
}
