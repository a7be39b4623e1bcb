import Mail
import Outbound

@testable import Spool
@testable import Webhooks

/// The outbox as the commits write it; it survives the relay.
final class SimulatedOutbox {
    static let webhook = WebhookSettings(name: "app", url: WebURL(scheme: .https, host: "app.example"))

    private let book = WebhookBook([webhook]) { _, _ in ("default", "default") }
    /// What is in it.
    private(set) var entries: [Int: OutboxEntry] = [:]
    /// Everything that was ever in it, in the order of the numbers.
    private(set) var all: [OutboxEntry] = []
    private(set) var faults: [String] = []

    /// Adds the events of an outcome, as the spool does it in the commit of the outcome.
    func add(_ settlement: Settlement, of message: SpooledMessage, at now: Timestamp) {
        for draft in book.drafts(of: OutboxCause(settlement, message, at: now)) {
            let entry = OutboxEntry(
                number: all.count + 1, webhook: draft.webhook, message: message.id, at: now, payload: draft.payload)
            all.append(entry)
            entries[entry.number] = entry
        }
    }

    func apply(_ update: OutboxUpdate) {
        switch update {
        case .remove(let numbers): for number in numbers { entries[number] = nil }
        case .postpone(let number, let attempts, let until, let reason):
            entries[number]?.attempts = attempts
            entries[number]?.notBefore = until
            entries[number]?.reason = reason
        case .bury, .expire, .revive, .drop: faults.append("nobody has asked for \(update)")
        }
    }

    func entries(_ page: OutboxPage) -> [OutboxEntry] {
        let wanted = entries.values.filter { entry in
            entry.number > page.after && (page.message.map { $0 == entry.message } ?? true)
        }
        return Array(wanted.sorted { $0.number < $1.number }.prefix(page.limit))
    }
}
