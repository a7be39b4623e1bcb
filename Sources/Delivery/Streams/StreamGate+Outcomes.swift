internal import Mail
internal import Spool
internal import Upstreams

/// What has become of the mail of streams.
extension StreamGate {
    func delivered(_ recipients: Int, of job: DeliveryJob) {
        ended(StreamCounts(delivered: recipients), of: job.message, stream(of: job))
    }

    func failed(_ recipients: Int, of job: DeliveryJob) {
        ended(StreamCounts(failed: recipients), of: job.message, stream(of: job))
    }

    /// A recipient, counted as failed before, has failed in a way that says something about its address.
    func bounced(_ kind: BounceKind, of job: DeliveryJob) {
        guard kind == .hard else { return }
        ended(StreamCounts(hard: 1), of: job.message, stream(of: job))
    }

    /// Recipients have failed while they waited.
    func failed(_ recipients: [Int], of message: SpooledMessage) {
        for index in recipients { ended(StreamCounts(failed: 1), of: message, stream(of: index, message)) }
    }

    private func ended(_ counts: StreamCounts, of message: SpooledMessage, _ name: String) {
        guard message.notice == nil else { return }
        let (now, wall) = (clock.instant, clock.wall)
        let verdict = table.ended(counts, of: name, by: message.streamNamer, at: now, wall: wall)
        isChanged = true
        if let verdict { happened(verdict.event, to: verdict.name) }
        if now - savedAt >= Self.saveInterval { saveIfChanged() }
    }

    /// A recipient gets no mail: it has failed, and its upstream has not seen it.
    func suppressed(_ job: DeliveryJob) {
        guard job.message.notice == nil else { return }
        let namer = job.message.streamNamer
        let verdict = table.suppressed(1, of: stream(of: job), by: namer, wall: clock.wall)
        isChanged = true
        if let verdict { happened(verdict.event, to: verdict.name) }
    }

    // MARK: - Messages that leave their line

    /// A message waits for another time, or for an operator.
    func requeued(_ job: DeliveryJob) {
        guard !admitted.isEmpty else { return }
        let name = stream(of: job)
        guard admitted.remove(job.id, of: name) else { return }
        if job.message.wasTried { table.cameBack(name) } else { table.withdraw(1, of: name) }
        hasRoom()
    }

    /// A message is gone, and all of its outcomes are counted.
    func ended(_ job: DeliveryJob) {
        guard table.restrains || !admitted.isEmpty else { return }
        ended(job.message, stream(of: job))
    }

    /// The same of one that waited.
    func ended(_ message: SpooledMessage) {
        guard table.restrains || !admitted.isEmpty, !message.recipients.isEmpty else { return }
        ended(message, stream(of: 0, message))
    }

    private func ended(_ message: SpooledMessage, _ name: String) {
        let isFirst = admitted.remove(message.id, of: name)
        guard table.isNew(name), message.notice == nil else { return }
        let cameBack = !isFirst && message.wasTried
        if let verdict = table.messageEnded(of: name, cameBack: cameBack, wall: clock.wall) {
            happened(verdict.event, to: verdict.name)
        }
    }

    /// Messages have been taken out of the queue, or are not there any more.
    func taken(_ ids: some Collection<QueueID>) {
        guard !admitted.isEmpty, !ids.isEmpty else { return }
        let ids = Set(ids)
        withdraw(ids.contains)
    }

    /// They will ask again, if anything is to be handed over.
    func withdraw(_ isMeant: (QueueID) -> Bool) {
        guard !admitted.isEmpty else { return }
        let removed = admitted.remove(where: isMeant)
        guard !removed.isEmpty else { return }
        for (name, count) in removed { table.withdraw(count, of: name) }
        hasRoom()
    }

    private func hasRoom() {
        guard queue.resting.count > 0 else { return }
        isReleaseDue = true
        changed()
    }

    func happened(_ event: StreamEvent, to name: String) {
        report(.stream(name, event))
        switch event {
        case .paused: isRecallDue = true
        case .resumed, .canaryStepped, .canaryPassed: isReleaseDue = true
        }
        isChanged = true
        saveIfChanged()
        changed()
    }
}

extension SpooledMessage {
    /// Who has named its stream.
    var streamNamer: StreamNamer {
        guard routing.stream != nil else { return .configuration }
        return user.map { .user($0) } ?? .anybody
    }

    fileprivate var wasTried: Bool { recipients.contains { $0.attempts > 0 } }
}
