internal import DequeModule
internal import Mail
internal import Spool
internal import Upstreams

/// Ends the wait of messages whose time is over, without asking an upstream, and has their senders told of delays.
///
/// Such a message is taken out of the queue, changed in the spool together with its notice, and put back as it is then.
///
/// Confined to the delivery's event loop.
final class DeadlineKeeper {
    /// Messages changed in one commit: few enough that deliveries hardly notice.
    private static let groupSize = 250
    /// Time until what could not be recorded is tried again.
    private static let pause = Duration.seconds(5)

    private let queue: DeliveryQueue
    private let ledger: AttemptLedger
    private let upstreams: UpstreamDirectory
    private let streams: StreamGate
    private let policies: DeliveryPolicies
    private var plan: RetryPlan { policies.plan }
    private var notices: NoticeMaker { policies.notices }
    private let clock: DeliveryClock
    private let reporter: CycleReporter
    private var suppression: DeliverySuppression { policies.suppression }
    private var overdue: Deque<OverdueMessage> = []
    /// Whether the spool is changing a group.
    private var isSubmitted = false
    private var isStopping = false
    /// Called when messages have their place again; set once, by its owner.
    var changed: () -> Void = {}

    init(
        queue: DeliveryQueue, ledger: AttemptLedger, upstreams: UpstreamDirectory, streams: StreamGate,
        policies: DeliveryPolicies, clock: DeliveryClock, reporter: CycleReporter
    ) {
        self.queue = queue
        self.ledger = ledger
        self.upstreams = upstreams
        self.streams = streams
        self.policies = policies
        self.clock = clock
        self.reporter = reporter
    }

    /// Starts nothing more.
    func stop() { isStopping = true }

    /// Deals with everything that is overdue now.
    func meet() {
        let taken = queue.takeOverdue(at: clock.now()) { upstreams.canMove($0) }
        for job in taken.lazy.compactMap(\.job) {
            job.endTrialWithoutVerdict()
            ledger.closeAttempt(of: job.message)
        }
        overdue += taken
        submit()
    }

    /// Submits the next group; one at a time, so that the commits of deliveries come between.
    private func submit() {
        guard !overdue.isEmpty, !isSubmitted, !isStopping else { return }
        let group = Array(overdue.prefix(Self.groupSize))
        overdue.removeFirst(group.count)
        isSubmitted = true
        let judge = DeadlineJudge(group, plan: plan, at: clock.moment)
        let told = ToldNotices()
        let change = MessageChange { [notices] message in
            guard case (var cycle, var settlement)? = judge.settlement(of: message) else { return nil }
            let planned = notices.notices(about: cycle.message, cycle.takeUntold(), at: judge.moment)
            settlement.notices = planned.map(\.request)
            told.set(planned, about: message.id)
            return settlement
        }
        ledger.change(group.map(\.id), change) { [self] result in
            isSubmitted = false
            conclude(group, result, judge, told)
        }
    }

    private func conclude(
        _ group: [OverdueMessage], _ result: Result<[SpooledMessage?], SpoolError>, _ judge: DeadlineJudge,
        _ told: ToldNotices
    ) {
        for message in group { queue.giveBack(message.id) }
        switch result {
        case .success(let found):
            for (entry, message) in zip(group, found) {
                if let message { conclude(entry, message, judge) }
            }
            for (id, notice) in told.all { reporter.noticed(notice, about: id) }
        case .failure:
            let again = clock.now() + Self.pause
            for message in group {
                queue.schedule(
                    message.id, due: again + .milliseconds(1), deadline: again, rank: message.rank,
                    message.place.release)
            }
        }
        submit()
        changed()
    }

    /// Reports what has come of a message, and gives it its place back.
    private func conclude(_ entry: OverdueMessage, _ message: SpooledMessage, _ judge: DeadlineJudge) {
        let (cycle, news) = judge.judge(message)
        for news in news { tell(news, of: cycle.message) }
        guard !cycle.message.isSettled else {
            streams.ended(cycle.message)
            return queue.forget(message.id)
        }
        let (due, now) = (plan.due(of: cycle.message, clock), clock.now())
        switch entry.place {
        case .timed(let release) where due?.deadline.map { $0 > now } ?? true:
            queue.wait(cycle.message, until: due, release)
        case .timed:
            // Its time is over, but it has not been tried since the clock was set: it has one more turn.
            queue.add(message.id, rank: entry.rank, isAhead: true, deadline: now + DeadlineSweep.secondLook)
        case .ready(let isAhead, _):
            guard let due else { return queue.forget(message.id) }
            let look = due.deadline.map { $0 > now ? $0 : now + DeadlineSweep.secondLook }
            queue.putBackInLine(message.id, rank: entry.rank, isAhead: isAhead, deadline: look)
        }
    }
}

extension DeadlineKeeper {
    private func tell(_ news: CycleStep.News, of message: SpooledMessage) {
        switch news {
        case .failed(let recipients, _, let phase, let reply):
            streams.failed(recipients, of: message)
            reporter.failed(recipients, of: message, by: nil, phase: phase, reply: reply)
        case .bounced(let recipient, let kind, let reply):
            suppression.count(recipient, kind, reply: reply, of: message, at: clock.wall)
        // Of attempts, and of messages that are about to have one.
        case .delivered, .inDoubt, .requeued, .judged, .suppressed: break
        }
    }
}

/// Says what becomes of overdue messages at one moment; the same on any thread.
private struct DeadlineJudge: Sendable {
    let moment: Moment
    private let facts: CycleFacts
    /// Those that wait for their time.
    private let timed: Set<QueueID>
    /// Those that no upstream could take.
    private let stuck: Set<QueueID>

    init(_ group: [OverdueMessage], plan: RetryPlan, at moment: Moment) {
        self.moment = moment
        facts = CycleFacts(
            now: moment.now, wall: moment.wall, ages: moment.ages, jitter: 0, plan: plan, enabled: UpstreamSet(),
            names: [])
        var (timed, stuck) = (Set<QueueID>(), Set<QueueID>())
        for message in group {
            switch message.place {
            case .timed: timed.insert(message.id)
            case .ready(_, isStuck: true): stuck.insert(message.id)
            case .ready(_, isStuck: false): break
            }
        }
        (self.timed, self.stuck) = (timed, stuck)
    }

    func judge(_ message: SpooledMessage) -> (cycle: MessageCycle, news: [CycleStep.News]) {
        var cycle = MessageCycle(waiting: message)
        let news = cycle.deadlineReached(mayExpire: mayExpire(message), facts)
        return (cycle, news)
    }

    /// - Returns: nil if nothing changes.
    func settlement(of message: SpooledMessage) -> (cycle: MessageCycle, settlement: Settlement)? {
        let (cycle, _) = judge(message)
        guard cycle.message != message else { return nil }
        return (cycle, Settlement(cycle.message))
    }

    /// What waits for its time and came before the last step of the system's clock has one more turn first: nothing
    /// expires by what a clock said before it was tried again.
    private func mayExpire(_ message: SpooledMessage) -> Bool {
        stuck.contains(message.id) || timed.contains(message.id) && moment.ages.lastStep(after: message.id) == nil
    }
}
