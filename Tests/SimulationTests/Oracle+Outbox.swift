import Foundation
import Mail
import Spool
import Webhooks

@testable import Delivery

/// Whether the application was told what has become of its mail.
extension Oracle {
    /// The first thing that is wrong after a run; nil for nothing.
    func fault(of outbox: SimulatedOutbox, _ courier: SimulatedCourier) -> String? {
        if let fault = outbox.faults.first ?? courier.faults.first { return fault }
        let events = Dictionary(grouping: outbox.all, by: \.message)
        for (id, entries) in events {
            let numbers = entries.map(\.number)
            let arrivals = courier.arrivals[id] ?? []
            if Set(arrivals) != Set(numbers) {
                return "of the events \(numbers) of message \(id), \(arrivals) have arrived"
            }
            var seen: Set<Int> = []
            if arrivals.filter({ seen.insert($0).inserted }) != numbers {
                return "the events \(numbers) of message \(id) have arrived as \(arrivals)"
            }
        }
        for (number, message) in messages.enumerated() where index[message.id] == number && message.isGone {
            if let fault = fault(of: events[message.id] ?? [], message) { return "\(name(number)): \(fault)" }
        }
        return nil
    }

    /// Whether each recipient has one event that says how it ended, and none after it.
    private func fault(of entries: [OutboxEntry], _ message: Message) -> String? {
        guard message.accepted.notice == nil else { return entries.isEmpty ? nil : "events about a notice" }
        var ended: [String: [String]] = [:]
        for entry in entries {
            guard let (type, address) = Self.words(entry.payload) else { return "an event that is no JSON" }
            if type != "deferred", type != "in_doubt" { ended[address, default: []].append(type) }
        }
        let expected = Dictionary(grouping: message.durable, by: \.address.text).mapValues { recipients in
            recipients.map(Self.ends)
        }
        for (address, ends) in expected {
            let told = ended[address] ?? []
            guard told.count == ends.count, told.allSatisfy({ type in ends.contains { $0.contains(type) } }) else {
                return "\(address) is \(ends), and the application was told \(told)"
            }
        }
        return nil
    }

    /// The events that may say how a recipient has ended.
    private static func ends(_ recipient: Recipient) -> Set<String> {
        switch recipient.state {
        case .delivered: ["delivered"]
        case .failed where recipient.lastReply == QueueOrder.dropped: ["dropped", "failed"]
        case .failed: recipient.failureClass == .suppressed ? ["suppressed"] : ["failed"]
        case .queued, .deferred, .scheduled, .held, .inDoubt: []
        }
    }

    private static func words(_ payload: [UInt8]) -> (type: String, recipient: String)? {
        let object = try? JSONSerialization.jsonObject(with: Data(payload)) as? [String: Any]
        guard let type = object?["type"] as? String, let data = object?["data"] as? [String: Any],
            let recipient = data["recipient"] as? String
        else { return nil }
        return (type, recipient)
    }
}
