internal import Mail
internal import NIOCore
internal import Spool
internal import Upstreams

/// Carries out operators' orders about recipients in doubt.
///
/// The state of a message is in one place at a time: in a job while work is in progress, else in the spool. So a
/// message in progress is left alone, and a waiting one is taken out of the queue, read, changed and put back; nothing
/// else starts for it meanwhile.
///
/// Confined to the delivery's event loop.
final class InDoubtResolver {
    private typealias Promise = EventLoopPromise<InDoubtResolutionResult>

    private let queue: DeliveryQueue
    private let ledger: AttemptLedger
    private let upstreams: UpstreamDirectory
    private let policies: DeliveryPolicies
    private var plan: RetryPlan { policies.plan }
    private let clock: DeliveryClock
    private let report: @Sendable (DeliveryEvent) -> Void
    private var isStopping = false
    /// Called when a message has become ready; set once, by its owner.
    var changed: () -> Void = {}

    init(
        queue: DeliveryQueue, ledger: AttemptLedger, upstreams: UpstreamDirectory, policies: DeliveryPolicies,
        clock: DeliveryClock, report: @escaping @Sendable (DeliveryEvent) -> Void
    ) {
        self.queue = queue
        self.ledger = ledger
        self.upstreams = upstreams
        self.policies = policies
        self.clock = clock
        self.report = report
    }

    /// Starts nothing more.
    func stop() { isStopping = true }

    func resolve(_ order: InDoubtOrder) -> EventLoopFuture<InDoubtResolutionResult> {
        guard !isStopping else { return clock.eventLoop.makeSucceededFuture(.stopping) }
        let taking = queue.take(order.id)
        guard taking != .busy else { return clock.eventLoop.makeSucceededFuture(.busy) }
        let promise = clock.eventLoop.makePromise(of: InDoubtResolutionResult.self)
        ledger.load([order.id]) { [self] results in
            for result in results { found(result, taking, order, promise) }
        }
        return promise.futureResult
    }

    private func found(
        _ result: LoadResult, _ taking: DeliveryQueue.Taking, _ order: InDoubtOrder, _ promise: Promise
    ) {
        switch taking {
        case .taken(let rank):
            queue.giveBack(order.id)
            carryOut(order, rank: rank, result, promise)
        case .underWay, .busy:
            promise.succeed(refusal(of: order, whileUnderWay: result))
        }
    }

    /// Work is in progress for the message, and nobody knows yet what is in doubt after it; only an address that is none of
    /// its recipients will never be.
    private func refusal(of order: InDoubtOrder, whileUnderWay result: LoadResult) -> InDoubtResolutionResult {
        guard case .message(let loaded) = result else { return .busy }
        do {
            _ = try order.chosen(of: loaded.message)
            return .busy
        } catch {
            if case .noSuchRecipient = error.result { return error.result }
            return .busy
        }
    }

    /// - Parameter rank: of a message that was waiting in the queue, and gets its place back.
    private func carryOut(
        _ order: InDoubtOrder, rank: MessageRank?, _ result: LoadResult, _ promise: Promise
    ) {
        switch result {
        case .message(let loaded):
            var message = loaded.message
            // No work is in progress: any open attempt has ended, or has not begun.
            ledger.closeAttempt(of: message)
            message.openAttempt = nil
            settle(order, message, wasWaiting: rank != nil, promise)
        case .missing:
            promise.succeed(.notInDoubt(nil))
        case .quarantined(let id):
            promise.succeed(.unreadable("the content of message \(id) is damaged; it is held"))
        case .failed(let id, let error):
            if let rank { queue.schedule(id, due: clock.now() + .seconds(5), rank: rank) }
            promise.succeed(.unreadable(error.message))
        }
    }

    private func settle(_ order: InDoubtOrder, _ message: SpooledMessage, wasWaiting: Bool, _ promise: Promise) {
        do {
            let recipients = try order.chosen(of: message)
            try order.check(recipients, of: message) { hasOtherUpstream($0, message) }
            guard !isStopping else { return promise.succeed(.stopping) }
            apply(order, to: message, recipients, promise)
        } catch {
            if wasWaiting { queue.wait(message, until: plan.due(of: message, clock)) }
            promise.succeed(error.result)
        }
    }

    private func hasOtherUpstream(_ recipient: Recipient, _ message: SpooledMessage) -> Bool {
        let route = upstreams.routes.route(of: message.routingSubject, recipient: recipient.address.text)
        let asked = recipient.upstream.flatMap { upstreams[$0]?.index }
        return upstreams.routes.candidates[route].contains { $0 != asked }
    }

    private func apply(
        _ order: InDoubtOrder, to message: SpooledMessage, _ recipients: [Int], _ promise: Promise
    ) {
        var message = message
        order.apply(to: &message, recipients, now: clock.now())
        let addresses = recipients.map { message.recipients[$0].address }
        ledger.settle(message) { [self] result in
            promise.succeed(concluded(order, addresses, result))
        }
        if !message.isSettled { queue.wait(message, until: plan.due(of: message, clock)) }
        changed()
    }

    /// Reports the result of an order after the spool has answered.
    private func concluded(
        _ order: InDoubtOrder, _ addresses: [Address], _ result: Result<Void, SpoolError>
    ) -> InDoubtResolutionResult {
        switch result {
        case .success: break
        case .failure(let error) where error.code == .closed: return .stopping
        case .failure(let error) where error.code == .missing: return .noSuchMessage
        // It applies anyway: the spool writes it as soon as it can.
        case .failure: break
        }
        report(.resolved(order.id, recipients: addresses, resolution: order.answer.rawValue))
        switch result {
        case .success: return .resolved(addresses)
        case .failure(let error): return .unrecorded(error.message)
        }
    }
}

extension LoadResult {
    var id: QueueID {
        switch self {
        case .message(let message): message.message.id
        case .missing(let id), .quarantined(let id), .failed(let id, _): id
        }
    }
}
