internal import Mail
package import Spool

extension EventLog {
    /// Logs an event of the spool.
    package func record(_ event: SpoolEvent) {
        switch event {
        case .opened(let messages, let interrupted, let took):
            log(interrupted > 0 ? .warning : .notice, "spool_opened") { line in
                line.field("messages", messages)
                line.field("interrupted", interrupted)
                line.field("took", took)
            }
        case .unwritable(let error):
            log(.error, "spool_unwritable") { $0.field("reason", error.message) }
        case .full(let error):
            log(.error, "spool_full") { $0.field("reason", error.message) }
        case .recovered:
            log(.notice, "spool_recovered")
        case .quarantined(let what):
            log(.error, "quarantined") { $0.field("what", what) }
        case .notice(let what):
            log(.notice, "spool_notice") { $0.field("what", what) }
        }
    }
}
