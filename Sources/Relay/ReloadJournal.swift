internal import Admin
internal import Audit
internal import Configuration
internal import Ingress
internal import Mail
internal import Telemetry

/// Tells the operator what has come of reloads.
struct ReloadJournal: Sendable {
    let log: EventLog
    let events: @Sendable (IngressEvent) -> Void
    /// Counts what has come of reading relay.conf again.
    var counts: @Sendable (_ isGood: Bool) -> Void = { _ in }

    /// Names of changes in one line; the audit log has all of them.
    private static let mostNames = 20

    func reloaded(_ file: String, _ document: ReloadDocument, _ order: ReloadOrder) {
        counts(true)
        for warning in document.problems { log.warn(warning) }
        let names = document.changed.map(\.subject)
        log.reloaded(
            what: file, changes: names.count, changed: names.isEmpty ? nil : Self.list(names), who: order.who,
            reason: order.reason)
        guard !document.needsRestart.isEmpty else { return }
        log.log(.warning, "restart_needed") { line in
            line.field("what", file)
            line.field("changed", document.needsRestart.joined(separator: "; "))
        }
    }

    func failed(_ file: String, _ error: any Error, _ order: ReloadOrder) {
        counts(false)
        let reason =
            (error as? UnusableConfiguration)?.problems.filter { $0.severity == .error }.map(\.description)
            .joined(separator: "; ") ?? "\(error)"
        log.reloadFailed(what: file, reason: reason, who: order.who)
    }

    /// A file that relay.conf names was read again.
    func refreshed(_ path: String) { events(.reloaded(what: path)) }

    func refreshFailed(_ path: String, _ error: ConfigurationProblems) {
        events(.reloadFailed(what: path, reason: "\(error)"))
    }

    private static func list(_ names: [String]) -> String {
        let more = names.count - mostNames
        return (names.prefix(mostNames) + (more > 0 ? ["and \(more) more"] : [])).joined(separator: "; ")
    }
}

extension AuditRecord {
    /// Changes of one reload that are recorded one by one.
    private static let mostChanges = 1000

    /// What a reload changes: a record for each difference.
    static func reload(
        _ document: ReloadDocument, of file: String, _ order: ReloadOrder, at moment: Timestamp
    ) -> [AuditRecord] {
        let who = order.who ?? "unknown"
        func record(_ subject: String, _ before: String?, _ after: String?) -> AuditRecord {
            AuditRecord(
                at: moment, who: who, what: "reload", subject: subject, reason: order.reason, before: before,
                after: after)
        }
        guard !document.changed.isEmpty else { return [record(file, nil, "unchanged")] }
        let records = document.changed.prefix(mostChanges).map { change in
            let after = change.after ?? (change.change == .removed ? "removed" : nil)
            return record(
                change.subject, change.before, change.needsRestart ? "\(after ?? "none"), after a restart" : after)
        }
        let more = document.changed.count - records.count
        return records + (more > 0 ? [record(file, nil, "\(more) more changes")] : [])
    }
}
