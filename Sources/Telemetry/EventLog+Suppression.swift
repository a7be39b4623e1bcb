internal import Mail
package import Spool
internal import Suppression

extension EventLog {
    /// Logs an event of the suppression list.
    package func record(_ event: SuppressionEvent) {
        switch event {
        case .opened(let entries, let took):
            guard entries > 0 else { return }
            log(.notice, "suppressions_opened") { line in
                line.field("entries", entries)
                line.field("took", took)
            }
        case .added(let entry, let bounce):
            log(.notice, "suppression_added") { line in
                line.field("id", bounce.queueID.description)
                line.field("pattern", entry.key.pattern.text)
                line.field("source", entry.source.rawValue)
                line.field("reply", bounce.reply)
                if let end = entry.expiresAt { line.field("until", end) }
            }
        case .expired(let count):
            log(.info, "suppressions_expired") { $0.field("entries", count) }
        case .uncounted(let bounces, let error):
            log(.error, "bounces_uncounted") { line in
                line.field("bounces", bounces)
                line.field("reason", error.message)
            }
        }
    }
}
