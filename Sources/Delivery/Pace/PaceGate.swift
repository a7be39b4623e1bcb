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
    /// Time until a message that waits for several paces looks where it may go first.
    private static let reconsideration = Duration.seconds(60)
    /// Time until a line is looked at again whose next turn comes with the end of another message.
    private static let look = Duration.seconds(1)

    private let book: PaceBook
    private let queue: DeliveryQueue
    private let policies: DeliveryPolicies
    private let clock: DeliveryClock
    private let report: @Sendable (DeliveryEvent) -> Void
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
        return !mayGo(key, message)
    }

    /// Gives a message its turns, and leaves out recipients that have none.
    ///
    /// - Returns: false if all have to wait; then nothing has changed.
    func admit(_ job: DeliveryJob) -> Bool {
        guard isUsed else { return true }
        let groups = groups(of: job)
        guard !groups.isEmpty else { return true }
        // What resolves a doubt is counted, and waits for nobody: others of its message would wait with it.
        let (going, held) = job.cycle.doubts.isEmpty ? sort(groups, of: job.message) : (going: groups, held: [])
        let out = Set(held.flatMap { $0.recipients })
        guard out.count < job.pending.count else { return false }
        for group in going {
            job.turns.append(PaceTurn(group.key, book.slot(group.key, now: clock.instant), group.recipients))
        }
        passBy(job)
        job.cycle.leave(out)
        return true
    }

    /// A message has come that needs no turns now.
    func passBy(_ job: DeliveryJob) {
        for group in groups(of: job) { queue.cameForPace(group.key, job.id) }
    }

    /// Lets a message that was not admitted wait.
    func wait(_ job: DeliveryJob) {
        let groups = groups(of: job)
        guard let first = groups.min(by: { expectedWait($0.key) < expectedWait($1.key) }) else { return }
        passBy(job)
        let now = clock.now()
        var wakes = [policies.plan.nextDue(of: job.message, except: Set(job.pending))].compactMap { $0 }
        let isWhole = groups.count == 1 && !wakes.contains { $0 <= now }
        if !isWhole { wakes = wakes.filter { $0 > now } + [now + Self.reconsideration] }
        queue.waitForPace(first.key, job, wake: wakes.min(), now: now)
        look(at: first.key)
    }

    /// Lets those that wait have their turns.
    func callNext() {
        wakeAt = nil
        guard !queue.paced.isEmpty else { return }
        let now = clock.instant
        for key in queue.paced.keys {
            let pace = book.slot(key, now: now).pace
            queue.callPaced(key, room: min(pace.room(now: now), DeliveryQueue.loadBatch), now: now)
            if !(queue.paced[key]?.isEmpty ?? true) { look(at: key) }
        }
    }

    /// A line must be looked at when it has its next turn.
    private func look(at key: PaceTable.Key) {
        let now = clock.instant
        let next = nextTurn(of: book.slot(key, now: now).pace, now) ?? now + Self.look
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
        for recipient in job.pending {
            guard let key = key(of: recipient, job.message) else { continue }
            if let place = groups.firstIndex(where: { $0.key == key }) {
                groups[place].recipients.append(recipient)
            } else {
                groups.append((key, [recipient]))
            }
        }
        return groups
    }

    private func sort(_ groups: [Group], of message: SpooledMessage) -> (going: [Group], held: [Group]) {
        (groups.filter { mayGo($0.key, message) }, groups.filter { !mayGo($0.key, message) })
    }

    private func key(of recipient: Int, _ message: SpooledMessage) -> PaceTable.Key? {
        book.table.key(of: message.recipients[recipient].address.domain)
    }

    /// Whether a message has the next turn, and that is now.
    private func mayGo(_ key: PaceTable.Key, _ message: SpooledMessage) -> Bool {
        let room = book.slot(key, now: clock.instant).pace.room(now: clock.instant)
        guard let line = queue.paced[key] else { return room > 0 }
        guard !line.isCalled(message.id) else { return room > 0 }
        return room > line.calledCount && line.isNext(message.id, MessageRank(message))
    }

    /// In seconds, for a message that comes now.
    private func expectedWait(_ key: PaceTable.Key) -> Double {
        let waiting = Double(queue.paced[key]?.count ?? 0) + 1
        return waiting / (book.slot(key, now: clock.instant).pace.rate ?? 1)
    }

    // MARK: - What is heard

    /// The transaction of a message begins.
    func began(_ job: DeliveryJob) {
        for turn in job.turns { turn.spend(now: job.attemptBegan) }
    }

    /// An upstream has answered for recipients of a message.
    ///
    /// - Returns: the answers. One by which the domain of a recipient asks for less is about that, and not about the upstream,
    ///   so that mail to others goes on.
    func heard(_ answers: [RecipientAnswer], about job: DeliveryJob, from upstream: Upstream) -> [RecipientAnswer] {
        guard !job.turns.isEmpty else { return answers }
        let isProvider = upstream.settings.knownProvider != nil
        var requests: Set<Int> = []
        for turn in job.turns {
            let own = answers.filter { turn.recipients.contains($0.recipient) }
            let asking = own.filter { $0.asksForLess(isAlone: own.count == answers.count, isProvider: isProvider) }
            if let request = asking.first {
                slowDown(turn, request.reply)
                if isAdaptive(turn) { requests.formUnion(asking.map(\.recipient)) }
            } else if own.contains(where: { $0.verdict == nil }) {
                succeeded(turn)
            }
        }
        return requests.isEmpty ? answers : answers.map { requests.contains($0.recipient) ? $0.aboutRecipient : $0 }
    }

    /// An upstream has taken a message for all its recipients.
    func tookWhole(_ job: DeliveryJob) {
        for turn in job.turns { succeeded(turn) }
    }

    /// A session has ended with this reply, to a command of a message.
    ///
    /// - Parameter phase: `rcpt`, `data` or `dot`, where the reply may be about the recipients.
    func lost(_ job: DeliveryJob, _ reply: String, at phase: String, from upstream: Upstream) {
        guard let turn = job.turns.first, job.turns.count == 1, upstream.settings.knownProvider == nil,
            let phase = OutcomePhase(rawValue: phase), phase.isAboutRecipients,
            job.pending.allSatisfy(turn.recipients.contains), let reply = Reply(parsing: reply),
            PaceRequest.isIn(reply, at: phase)
        else { return }
        slowDown(turn, reply)
    }

    private func isAdaptive(_ turn: PaceTurn) -> Bool { turn.slot.pace.isAdaptive }

    private func slowDown(_ turn: PaceTurn, _ reply: Reply) {
        guard let rate = turn.slot.pace.slowDown(now: clock.instant) else { return }
        report(.paceLowered(pace: entryName(turn), domain: turn.slot.name, rate: rate, reply: reply.description))
    }

    private func succeeded(_ turn: PaceTurn) {
        guard turn.slot.pace.isReduced, turn.slot.pace.succeeded(now: clock.instant) else { return }
        report(.paceRestored(pace: entryName(turn), domain: turn.slot.name, rate: turn.slot.pace.rate))
    }

    /// Of the entry that it was given by, or now has the same index.
    private func entryName(_ turn: PaceTurn) -> String {
        let entries = book.table.entries
        return entries.indices.contains(turn.key.entry) ? entries[turn.key.entry].name : turn.slot.name
    }

    // MARK: - Settings

    /// Other paces may apply from now on: then everything that waits for one is looked at again.
    func replace(_ settings: [PaceSettings]) {
        if book.replace(settings, now: clock.instant) { queue.releasePaced() }
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

extension RecipientAnswer {
    /// Whether the domain of the recipient asks for less. A provider that speaks of our account speaks for itself.
    ///
    /// - Parameters:
    ///   - isAlone: whether all recipients of the transaction are of this domain.
    ///   - isProvider: whether the upstream is one whose own replies are known.
    fileprivate func asksForLess(isAlone: Bool, isProvider: Bool) -> Bool {
        guard let verdict, phase == .rcpt || phase.isAboutRecipients && isAlone else { return false }
        guard !verdict.opensCircuit, !isProvider || verdict.scope == .recipient else { return false }
        switch verdict.action {
        case .slowDown, .retryLater, .nextUpstream, .secondOpinion: return PaceRequest.isIn(reply, at: phase)
        case .nextTransaction, .newSession, .fewerSessions, .fail: return false
        }
    }

    /// The same, with nothing said about the upstream.
    fileprivate var aboutRecipient: RecipientAnswer {
        guard verdict?.action == .slowDown else { return self }
        return RecipientAnswer(
            recipient: recipient, phase: phase, reply: reply, verdict: Verdict(.recipient, .nextUpstream))
    }
}

extension OutcomePhase {
    fileprivate var isAboutRecipients: Bool {
        switch self {
        case .rcpt, .data, .dot: true
        case .greeting, .auth, .mail: false
        }
    }
}
