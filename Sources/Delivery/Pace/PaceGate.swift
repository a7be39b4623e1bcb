internal import Mail
internal import Spool
internal import Upstreams

/// Lets messages into memory at the pace of their recipients' domains, and hears how those take it.
///
/// A message whose recipients must all wait rests in the queue, in the line of their pace. Of others, the recipients that have
/// to wait are left out of the cycle, without an attempt, and have their turn when it has ended. So nothing that waits for its
/// pace takes room from other mail, or counts as a failure of anybody.
///
/// Confined to the delivery's event loop.
final class PaceGate {
    /// Time until a message looks where else it may go first, at least and at most.
    private static let firstGlance = Duration.seconds(60)
    private static let lastGlance = Duration.seconds(600)
    /// In milliseconds: such times are multiples of it, so that many messages look at once.
    private static let grain: Int64 = 5000
    /// Time until a line is looked at again whose next turn comes with the end of another message.
    private static let look = Duration.seconds(1)

    private let book: PaceBook
    private let queue: DeliveryQueue
    private let policies: DeliveryPolicies
    let clock: DeliveryClock
    let report: @Sendable (DeliveryEvent) -> Void
    /// When a line has its next turn, so that it is looked at without any other event.
    private(set) var wakeAt: MonotonicInstant?

    init(
        queue: DeliveryQueue, policies: DeliveryPolicies, clock: DeliveryClock,
        report: @escaping @Sendable (DeliveryEvent) -> Void
    ) {
        book = PaceBook(policies.settings.paces)
        self.queue = queue
        self.policies = policies
        self.clock = clock
        self.report = report
    }

    /// Whether relay.conf has any pace.
    var isUsed: Bool { book.isUsed }

    // MARK: - Turns

    /// Whether a recipient would have to wait now.
    func holds(_ recipient: Int, of message: SpooledMessage) -> Bool {
        guard let key = key(of: recipient, message) else { return false }
        return !mayGo(key, message.id)
    }

    /// Gives a message its turns, and leaves out recipients that have none.
    ///
    /// - Returns: false if all have to wait; then nothing has changed.
    func admit(_ job: DeliveryJob) -> Bool {
        guard isUsed else { return true }
        let groups = groups(of: job)
        guard !groups.isEmpty else { return true }
        // What resolves a doubt is counted, and waits for nobody: others of its message would wait with it.
        let going = job.cycle.doubts.isEmpty ? groups.filter { mayGo($0.key, job.id) } : groups
        let keys = Set(going.map { $0.key })
        let out = Set(groups.filter { !keys.contains($0.key) }.flatMap { $0.recipients })
        guard out.count < job.pending.count else { return false }
        for group in going {
            job.turns.append(PaceTurn(book.slot(group.key, now: clock.instant), group.recipients))
        }
        came(job.id, to: groups)
        job.cycle.leave(out)
        return true
    }

    /// A message has come that needs no turns now.
    func passBy(_ job: DeliveryJob) { came(job.id, to: groups(of: job)) }

    private func came(_ id: QueueID, to groups: [Group]) {
        for group in groups where queue.cameForPace(group.key, id) { book.becameDue(group.key) }
    }

    /// A message that may have had its turn does not come into memory.
    func forget(_ id: QueueID) {
        guard !queue.paced.isEmpty else { return }
        for key in queue.forgetCalled(id) { book.becameDue(key) }
    }

    /// Lets a message that was not admitted wait.
    func wait(_ job: DeliveryJob) {
        let groups = groups(of: job)
        guard let first = groups.min(by: { expectedWait($0.key) < expectedWait($1.key) }) else { return }
        came(job.id, to: groups)
        let now = clock.now()
        let wait = groups.count > 1 ? expectedWait(first.key) : nil
        queue.waitForPace(
            first.key, job, weights: policies.settings.priority, wake: wake(of: job, after: wait, now: now), now: now)
        look(at: first.key)
    }

    /// When a message may have something to do before its turn: other recipients are due, or another pace has room.
    ///
    /// - Parameter wait: in seconds, until its turn; nil if there is no other pace.
    private func wake(of job: DeliveryJob, after wait: Double?, now: Timestamp) -> Timestamp? {
        let due = policies.plan.nextDue(of: job.message, except: Set(job.pending))
        // Then they have to wait too: their upstreams are down, or their stream stands still.
        let isDue = due.map { $0 <= now } ?? false
        guard isDue || wait != nil else { return due }
        let glance = isDue ? Self.firstGlance : min(max(.seconds((wait ?? 0) / 4), Self.firstGlance), Self.lastGlance)
        let again = Timestamp(milliseconds: ((now + glance).milliseconds / Self.grain + 1) * Self.grain)
        return isDue ? again : min(due ?? again, again)
    }

    /// Lets those that wait have their turns.
    func callNext() {
        let now = clock.instant
        for key in book.takeDue() { call(key, now) }
        guard let wakeAt, wakeAt <= now else { return }
        // Not while the lines are gone through, since that would copy all of them.
        let due = queue.paced.compactMap { $0.value.lookAt <= now ? $0.key : nil }
        for key in due { call(key, now) }
        self.wakeAt = queue.paced.values.lazy.map(\.lookAt).min()
    }

    private func call(_ key: PaceTable.Key, _ now: MonotonicInstant) {
        guard queue.paced[key] != nil else { return }
        let room = book.slot(key, now: now).pace.room(now: now)
        queue.callPaced(key, room: min(room, DeliveryQueue.loadBatch), now: now)
        look(at: key)
    }

    /// A line must be looked at when it has its next turn, or when what was called might not come.
    private func look(at key: PaceTable.Key) {
        guard let line = queue.paced[key] else { return }
        let now = clock.instant
        let next =
            line.isEmpty
            ? now + PaceLine.patience : nextTurn(of: book.slot(key, now: now).pace, now) ?? now + Self.look
        queue.paced[key]?.lookAt = next
        wakeAt = min(wakeAt ?? next, next)
    }

    /// - Returns: nil if it comes with the end of another message.
    private func nextTurn(of pace: DomainPace, _ now: MonotonicInstant) -> MonotonicInstant? {
        switch pace.turn(now: now) {
        case .at(let instant): instant
        case .now, .afterAnother: nil
        }
    }

    /// The same for people, who do not care that it takes another moment.
    private func nextAnnounced(of pace: DomainPace, _ now: MonotonicInstant) -> MonotonicInstant? {
        pace.turn(now: now) == .now ? now : nextTurn(of: pace, now)
    }

    private typealias Group = (key: PaceTable.Key, recipients: [Int])

    private func groups(of job: DeliveryJob) -> [Group] {
        var groups: [Group] = []
        var places: [PaceTable.Key: Int] = [:]
        for recipient in job.pending {
            guard let key = key(of: recipient, job.message) else { continue }
            if let place = places[key] {
                groups[place].recipients.append(recipient)
            } else {
                places[key] = groups.count
                groups.append((key, [recipient]))
            }
        }
        return groups
    }

    private func key(of recipient: Int, _ message: SpooledMessage) -> PaceTable.Key? {
        book.table.key(of: message.recipients[recipient].address.domain)
    }

    /// Whether a message has its turn now: one that was called, or that comes while nobody waits.
    private func mayGo(_ key: PaceTable.Key, _ id: QueueID) -> Bool {
        let room = book.slot(key, now: clock.instant).pace.room(now: clock.instant)
        guard let line = queue.paced[key], !line.isCalled(id) else { return room > 0 }
        return line.isEmpty && room > line.calledCount
    }

    /// In seconds, for a message that comes now.
    private func expectedWait(_ key: PaceTable.Key) -> Double {
        let waiting = Double(queue.paced[key]?.count ?? 0) + 1
        return waiting / (book.slot(key, now: clock.instant).pace.rate ?? 1)
    }

    /// The transaction of a message begins.
    func began(_ job: DeliveryJob) {
        for turn in job.turns { turn.spend(now: job.attemptBegan) }
    }

    // MARK: - Settings

    /// Other paces may apply from now on: then everything that waits for one is looked at again.
    func replace(_ settings: DeliverySettings) {
        if book.replace(settings.paces, now: clock.instant) { queue.releasePaced() }
        queue.replacePaceWeights(settings.priority)
    }

    /// How all of them stand.
    var status: PaceReport {
        let now = clock.instant
        for key in queue.paced.keys { _ = book.slot(key, now: now) }
        let paces = book.all(with: Set(queue.paced.keys), now: now).map { key, pace in
            let waiting = queue.paced[key].map { $0.count + $0.calledCount } ?? 0
            let next = waiting > 0 ? nextAnnounced(of: pace, now).map { clock.wall(of: $0) } : nil
            return PaceStatus(
                entry: key.entry, name: key.name, settings: book.table.entries[key.entry], pace: pace,
                waiting: waiting, nextAt: next)
        }
        return PaceReport(settings: book.table.entries, paces: paces)
    }
}
