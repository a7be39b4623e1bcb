import History
import Mail
import Spool

@testable import Delivery

/// Whether the history agrees with what the servers saw.
extension Oracle {
    /// The first thing that is wrong with the history after a run; nil for nothing.
    func fault(of history: SimulatedHistory) -> String? {
        let records = Dictionary(grouping: history.records, by: \.queueID)
        // An ID that was lost together with its message, before that was durable, is given again.
        for (number, message) in messages.enumerated() where index[message.id] == number {
            let own = records[message.id] ?? []
            guard own.count == (message.isGone ? 1 : 0) else {
                return "\(name(number)) has \(own.count) entries in the history, and is \(message.states)"
            }
            if let record = own.first, let fault = fault(of: record, number) {
                return "the history of \(name(number)): \(fault)"
            }
        }
        let unknown = records.keys.first { index[$0] == nil }
        return unknown.map { "the history has \($0), which nobody has sent" }
    }

    private func fault(of record: HistoryRecord, _ number: Int) -> String? {
        let message = messages[number]
        let accepted = message.accepted
        guard record.sender == accepted.sender.address?.text ?? "", record.messageID == accepted.messageID,
            record.size == accepted.size, record.user == accepted.user, record.receivedAt == accepted.receivedAt
        else { return "another envelope: \(record)" }
        guard record.probe == accepted.probe?.trip else { return "a probe of \(record.probe ?? "none")" }
        guard record.recipients.map(\.address) == message.recipients else {
            return "other recipients: \(record.recipients.map(\.address))"
        }
        for (place, recipient) in record.recipients.enumerated() {
            let fault =
                outcomeFault(of: recipient, message.durable[place], isProbe: accepted.probe != nil)
                ?? serverFault(of: recipient, message, place) ?? attemptsFault(of: recipient, message, place)
            if let fault { return "recipient \(place), \(fault): \(recipient)" }
        }
        return nil
    }

    /// Whether it says what has become durable.
    private func outcomeFault(
        of recipient: HistoryRecord.Recipient, _ durable: Recipient, isProbe: Bool
    ) -> String? {
        let isDroppedProbe = isProbe && durable.lastReply?.hasPrefix(MessageCycle.droppedPrefix) ?? false
        let outcome: HistoryOutcome =
            (durable.lastReply == QueueOrder.dropped || isDroppedProbe) && durable.state == .failed
                || durable.isSuppressed
            ? .dropped : durable.state == .delivered ? .delivered : .failed
        if recipient.outcome != outcome { return "which is \(outcome)" }
        if recipient.failureClass != (outcome == .failed || durable.isSuppressed ? durable.failureClass : nil) {
            return "another class"
        }
        if recipient.upstream != durable.upstream { return "last tried at \(durable.upstream ?? "none")" }
        if recipient.reply != durable.lastReply { return "told \(durable.lastReply ?? "nothing")" }
        return nil
    }

    /// Whether a server has said so, and which.
    private func serverFault(of recipient: HistoryRecord.Recipient, _ message: Message, _ place: Int) -> String? {
        let taken = message.dots.filter { $0.recipients.contains(place) && $0.isTaken && ($0.answer ?? 0) / 100 == 2 }
        switch recipient.outcome {
        case .delivered:
            let said = taken.contains { dot in
                policies[dot.upstream].name == recipient.upstream
                    && dot.answer.map { recipient.reply?.hasPrefix("\($0)") ?? false } ?? false
            }
            return said ? nil : "whom that server has not taken with this reply"
        case .failed, .dropped:
            // Of what was taken with a crash, the relay has not heard.
            if taken.contains(where: { $0.doubtSince == nil }) { return "whom a server has taken, as the relay heard" }
            guard recipient.outcome == .failed, recipient.failureClass != .expired,
                let reply = recipient.reply, reply.utf8.first == UInt8(ascii: "5"), !recipient.isRefusedByOwnList
            else { return nil }
            let refusers = (message.refusers[place] ?? []).union(message.condemners[place] ?? [])
            let names = refusers.map { policies[$0].name }
            return names.contains(recipient.upstream ?? "") ? nil : "whom only \(names) have refused"
        }
    }

    /// Whether the attempts are those that servers saw: each one with a final dot counts once, whatever has crashed since. Of
    /// others that count a server may have seen nothing, but only where there was trouble.
    private func attemptsFault(
        of recipient: HistoryRecord.Recipient, _ message: Message, _ place: Int
    ) -> String? {
        let dots = Set(message.dots.filter { $0.recipients.contains(place) }.map(\.began)).count
        if recipient.attempts != message.durable[place].attempts { return "other attempts" }
        if recipient.attempts < dots { return "of whom servers saw \(dots) attempts" }
        if recipient.outcome == .delivered, recipient.attempts != dots, message.isUntroubled {
            return "of whom servers saw \(dots) attempts, without any trouble"
        }
        if (recipient.firstAttemptAt == nil) != (recipient.attempts == 0) { return "another first attempt" }
        return nil
    }
}

extension Recipient {
    /// Whether the relay's own list has dropped it.
    fileprivate var isSuppressed: Bool {
        failureClass == .suppressed && lastReply?.hasPrefix(MessageCycle.droppedPrefix) ?? false
    }
}

extension HistoryRecord.Recipient {
    /// Whether the relay's own list has refused it, so that no server was asked.
    fileprivate var isRefusedByOwnList: Bool {
        failureClass == .suppressed && reply?.contains(" is suppressed: by ") ?? false
    }
}
