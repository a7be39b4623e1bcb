internal import DequeModule
internal import Mail
internal import NIOCore
internal import Spool

/// Carries out operators' orders about waiting messages.
///
/// The state of a message is in one place at a time: in a job while work is in progress, else in the spool. So a waiting
/// message is taken out of the queue, changed in the spool, and put back as it is then; one whose attempt runs is waited
/// for. Nothing is kept in memory only: an order is answered when it is durable.
///
/// Confined to the delivery's event loop.
final class QueueOrders {
    /// Messages changed in one commit: few enough that deliveries hardly notice.
    static let groupSize = 250

    private let queue: DeliveryQueue
    private let ledger: AttemptLedger
    private let policies: DeliveryPolicies
    private var plan: RetryPlan { policies.plan }
    private var notices: NoticeMaker { policies.notices }
    private let clock: DeliveryClock
    private let reporter: CycleReporter
    private var running: [RunningOrder] = []
    private var isStopping = false
    /// Called when messages may have become ready; set once, by its owner.
    var changed: () -> Void = {}
    /// Called with messages that have been taken out of the queue; set once, by its owner.
    var took: (Set<QueueID>) -> Void = { _ in }

    init(
        queue: DeliveryQueue, ledger: AttemptLedger, policies: DeliveryPolicies, clock: DeliveryClock,
        reporter: CycleReporter
    ) {
        self.reporter = reporter
        self.queue = queue
        self.ledger = ledger
        self.policies = policies
        self.clock = clock
    }

    /// Carries out an order.
    ///
    /// - Parameter wait: for attempts that run.
    /// - Returns: one result per ID, in their order, once all of it is durable.
    func order(_ order: QueueOrder, _ ids: [QueueID], wait: TimeAmount) -> EventLoopFuture<[QueueOrderResult]> {
        let promise = clock.eventLoop.makePromise(of: [QueueOrderResult].self)
        let running = RunningOrder(order, ids, promise)
        guard !isStopping else {
            running.giveUp(.stopping)
            return promise.futureResult
        }
        self.running.append(running)
        takeWhatRests(for: running)
        if !running.underWay.isEmpty {
            let bound = NIOLoopBound((self, running), eventLoop: clock.eventLoop)
            running.timeout = clock.eventLoop.scheduleTask(in: wait) { bound.value.0.waitEnded(bound.value.1) }
        }
        continueOrEnd(running)
        return promise.futureResult
    }

    /// Whether an order waits for the message: it goes back to the queue after its attempt.
    func isAwaited(_ id: QueueID) -> Bool { running.contains { $0.underWay.contains(id) } }

    /// An attempt has ended a message.
    func ended(_ id: QueueID, delivered: Bool) {
        for order in running where order.underWay.contains(id) { order.ended[id] = delivered }
    }

    /// Called after attempts have ended: takes the messages that orders wait for.
    func attemptsEnded() {
        for order in running where !order.underWay.isEmpty {
            takeWhatRests(for: order)
            continueOrEnd(order)
        }
    }

    /// The relay stops: what has not been submitted yet is not done.
    func stop() {
        isStopping = true
        for order in running where !order.isSubmitted { end(order, .stopping) }
    }

    // MARK: - One order

    private func takeWhatRests(for order: RunningOrder) {
        let taking = queue.take(order.underWay)
        for job in taking.jobs {
            job.endTrialWithoutVerdict()
            ledger.closeAttempt(of: job.message)
        }
        order.underWay = taking.underWay
        order.taken += taking.taken.sorted()
        took(taking.taken)
        order.ranks.merge(taking.ranks) { _, new in new }
    }

    private func waitEnded(_ order: RunningOrder) {
        order.results.merge(order.underWay.map { ($0, .busy) }) { first, _ in first }
        order.underWay = []
        continueOrEnd(order)
    }

    /// Submits the next group; one at a time, so that the commits of deliveries come between.
    private func continueOrEnd(_ order: RunningOrder) {
        guard !order.isSubmitted, !order.isEnded else { return }
        guard !order.taken.isEmpty else {
            if order.underWay.isEmpty { end(order, .missing) }
            return
        }
        let group = Array(order.taken.prefix(Self.groupSize))
        order.taken.removeFirst(group.count)
        order.isSubmitted = true
        let (what, moment) = (order.order, clock.moment)
        let told = ToldNotices()
        let change = MessageChange { [notices] message in
            guard var settlement = what.settlement(of: message, now: moment.now) else { return nil }
            let planned = what.notices(about: message, settlement, notices, at: moment)
            settlement.notices = planned.map(\.request)
            told.set(planned, about: message.id)
            return settlement
        }
        ledger.change(group, change) { [self] result in
            order.isSubmitted = false
            if case .success = result {
                for (id, notice) in told.all { reporter.noticed(notice, about: id) }
            }
            conclude(order, group, result, told, moment.now)
        }
    }

    private func conclude(
        _ order: RunningOrder, _ group: [QueueID], _ result: Result<[SpooledMessage?], SpoolError>,
        _ told: ToldNotices, _ now: Timestamp
    ) {
        for id in group { queue.giveBack(id) }
        switch result {
        case .success(let found):
            let senders = told.toldSenders
            for (id, message) in zip(group, found) {
                let result = conclude(order, id, message, now)
                order.results[id] = result == .done && senders.contains(id) ? .doneAndTold : result
            }
        case .failure(let error):
            for id in group {
                order.results[id] = error.code == .closed ? .stopping : .unrecorded(error.message)
                // One that had no place waits for an operator only.
                guard let rank = order.ranks[id] else { continue }
                queue.schedule(id, due: now + .seconds(5), rank: rank)
            }
        }
        if isStopping { end(order, .stopping) } else { continueOrEnd(order) }
        changed()
    }

    private func conclude(
        _ running: RunningOrder, _ id: QueueID, _ found: SpooledMessage?, _ now: Timestamp
    ) -> QueueOrderResult {
        guard var message = found else { return running.ended[id].map { .ended(delivered: $0) } ?? .missing }
        let order = running.order
        let reason = order.apply(to: &message, now: now)
        if !order.removes {
            queue.wait(message, until: plan.due(of: message, clock))
        } else if reason == nil, let mark = found?.probe {
            reporter.tell(.dropped(mark))
        }
        return reason.map { .unchanged($0) } ?? .done
    }

    /// - Parameter rest: for messages without a result.
    private func end(_ order: RunningOrder, _ rest: QueueOrderResult) {
        guard !order.isEnded else { return }
        order.giveUp(rest)
        running.removeAll { $0 === order }
    }
}

/// An order that is being carried out.
final class RunningOrder {
    let order: QueueOrder
    private let ids: [QueueID]
    private let promise: EventLoopPromise<[QueueOrderResult]>
    /// Messages whose attempt runs.
    var underWay: Set<QueueID>
    /// Messages taken out of the queue whose turn has not come.
    var taken: Deque<QueueID> = []
    var results: [QueueID: QueueOrderResult] = [:]
    /// Of messages taken out of the queue, which get their place back.
    var ranks: [QueueID: MessageRank] = [:]
    /// Messages that an attempt has ended while the order waited for it, and whether they were delivered.
    var ended: [QueueID: Bool] = [:]
    /// Whether the spool is changing a group.
    var isSubmitted = false
    var timeout: Scheduled<Void>?
    private(set) var isEnded = false

    init(_ order: QueueOrder, _ ids: [QueueID], _ promise: EventLoopPromise<[QueueOrderResult]>) {
        self.order = order
        self.ids = ids
        self.promise = promise
        underWay = Set(ids)
    }

    /// - Parameter rest: for messages without a result.
    func giveUp(_ rest: QueueOrderResult) {
        isEnded = true
        timeout?.cancel()
        promise.succeed(ids.map { results[$0] ?? rest })
    }
}
