internal import Mail
internal import NIOCore
internal import Spool
internal import Upstreams

/// Doubts that an operator settles.
///
/// The state of a message lies in one place at a time: in a job while something is done for it, else in the spool. So a
/// message that is under way is left alone, and one that waits is taken out of the queue, read, changed and put back;
/// nothing begins for it meanwhile.
extension Dispatcher {
    /// - Parameter addresses: recipients that are meant; nil for all that are in doubt.
    func resolve(_ id: QueueID, _ addresses: [Address]?, as answer: InDoubtResolution) -> EventLoopFuture<
        InDoubtResolutionResult
    > {
        guard !isStopping else { return eventLoop.makeSucceededFuture(.stopping) }
        let taking = queue.take(id)
        guard taking != .busy else { return eventLoop.makeSucceededFuture(.busy) }
        let promise = eventLoop.makePromise(of: InDoubtResolutionResult.self)
        // What was said of the message before goes first, so that it is read as it is now.
        outbox?.flush()
        readBack(id) { dispatcher, result in
            switch taking {
            case .taken(let waited):
                let order = Order(id: id, addresses: addresses, answer: answer, wasWaiting: waited)
                dispatcher.queue.giveBack(id)
                dispatcher.carryOut(order, result, promise)
            case .underWay, .busy:
                let order = Order(id: id, addresses: addresses, answer: answer, wasWaiting: false)
                promise.succeed(dispatcher.refusal(of: order, whileUnderWay: result))
            }
        }
        return promise.futureResult
    }

    /// Something is under way for the message: what is not in doubt at all has nothing to be settled all the same.
    private func refusal(of order: Order, whileUnderWay result: LoadResult) -> InDoubtResolutionResult {
        guard case .message(let loaded) = result, case .failure(let refusal) = chosen(order, of: loaded.message) else {
            return .busy
        }
        return refusal.result
    }

    private struct Order {
        let id: QueueID
        let addresses: [Address]?
        let answer: InDoubtResolution
        /// Whether the message had its place in the queue, which it gets back.
        let wasWaiting: Bool
    }

    private func readBack(_ id: QueueID, _ body: @escaping (Dispatcher, LoadResult) -> Void) {
        let bound = NIOLoopBound((self, body), eventLoop: eventLoop)
        let eventLoop = eventLoop
        spool.load([id]) { results in
            eventLoop.execute {
                let (dispatcher, body) = bound.value
                for result in results { body(dispatcher, result) }
            }
        }
    }

    private func carryOut(_ order: Order, _ result: LoadResult, _ promise: EventLoopPromise<InDoubtResolutionResult>) {
        switch result {
        case .message(let loaded):
            var message = loaded.message
            // Nothing is under way for it: an attempt that was open has ended.
            message.openAttempt = nil
            switch chosen(order, of: message).flatMap({ possible(order, for: $0, of: message) }) {
            case .success(let recipients) where !isStopping: apply(order, to: message, recipients, promise)
            case .success: promise.succeed(.stopping)
            case .failure(let refusal):
                if order.wasWaiting { wait(message) }
                promise.succeed(refusal.result)
            }
        case .missing:
            promise.succeed(.notInDoubt(nil))
        case .quarantined(let id):
            promise.succeed(.unreadable("the content of message \(id) is damaged; it is held"))
        case .failed(let id, let error):
            if order.wasWaiting { queue.schedule(id, due: now() + .seconds(5), priority: .normal) }
            promise.succeed(.unreadable(error.message))
        }
    }

    // MARK: - Which recipients

    private struct Refusal: Error {
        let result: InDoubtResolutionResult
    }

    /// Indexes of the recipients in doubt that are meant.
    private func chosen(_ order: Order, of message: SpooledMessage) -> Result<[Int], Refusal> {
        guard let addresses = order.addresses else {
            let all = message.recipients.indices.filter { message.recipients[$0].state == .inDoubt }
            return all.isEmpty ? .failure(Refusal(result: .notInDoubt(nil))) : .success(all)
        }
        var chosen: [Int] = []
        for address in addresses {
            let wanted = address.text.lowercased()
            let index = message.recipients.firstIndex { $0.address == address }
            guard let index = index ?? message.recipients.firstIndex(where: { $0.address.text.lowercased() == wanted })
            else { return .failure(Refusal(result: .noSuchRecipient(address))) }
            guard message.recipients[index].state == .inDoubt else {
                return .failure(Refusal(result: .notInDoubt(address)))
            }
            if !chosen.contains(index) { chosen.append(index) }
        }
        return .success(chosen)
    }

    /// The same recipients; refused where they should go through another upstream and one of them has none.
    ///
    /// `in_doubt = "failover"` takes the same upstream then: it is a rule for all mail. An operator means this message.
    private func possible(
        _ order: Order, for indexes: [Int], of message: SpooledMessage
    ) -> Result<[Int], Refusal> {
        guard order.answer == .failover else { return .success(indexes) }
        let subject = message.routingSubject
        for recipient in indexes.map({ message.recipients[$0] }) {
            let route = upstreams.routes.route(of: subject, recipient: recipient.address.text)
            let asked = recipient.upstream.flatMap { upstreams[$0]?.index }
            guard upstreams.routes.candidates[route].contains(where: { $0 != asked }) else {
                return .failure(Refusal(result: .noOtherUpstream(recipient.address)))
            }
        }
        return .success(indexes)
    }

    // MARK: - What follows

    private func apply(
        _ order: Order, to message: SpooledMessage, _ indexes: [Int],
        _ promise: EventLoopPromise<InDoubtResolutionResult>
    ) {
        var message = message
        for index in indexes { settle(&message.recipients[index], order.answer) }
        if message.recipients.allSatisfy({ $0.state == .delivered }) {
            outbox?.add(.remove(order.id))
        } else {
            outbox?.add(
                .settle(
                    Settlement(id: order.id, recipients: message.recipients, cycles: message.cycles, attempt: nil)))
            wait(message)
        }
        outbox?.flush()
        let addresses = indexes.map { message.recipients[$0].address }
        report(.resolved(order.id, recipients: addresses, resolution: order.answer.rawValue))
        // The answer of a reading comes behind the commit of what was said before it.
        readBack(order.id) { _, result in
            if case .failed(_, let error) = result, error.code != .closed {
                promise.succeed(.unrecorded(error.message))
            } else {
                promise.succeed(.resolved(addresses))
            }
        }
        pump()
    }

    private func settle(_ recipient: inout Recipient, _ answer: InDoubtResolution) {
        switch answer {
        case .delivered:
            recipient.markDelivered()
        case .retry, .failover:
            recipient.resolution = answer == .retry ? .retry : .failover
            recipient.nextAttemptAt = now()
        }
    }
}

extension SpooledMessage {
    /// Whether a recipient is in doubt.
    var isInDoubt: Bool { recipients.contains { $0.state == .inDoubt } }
}

extension LoadResult {
    var id: QueueID {
        switch self {
        case .message(let message): message.message.id
        case .missing(let id), .quarantined(let id), .failed(let id, _): id
        }
    }
}
