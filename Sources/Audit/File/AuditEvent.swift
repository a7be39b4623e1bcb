/// What the audit log reports, for the relay's log.
package enum AuditEvent: Hashable, Sendable {
    /// A log begins; why, if there had been one.
    case begun(path: String, reason: String?)
    /// An unfinished record is replaced: the relay or the machine died while writing it, before anybody was told. `octets`
    /// is the length of what was there.
    case repaired(path: String, octets: Int)
    /// Something before the end of the log is not as it was written.
    case damaged(path: String)
    /// Nothing can be recorded, so operators can change nothing; the relay's own decisions wait in memory.
    case unwritable(path: String, reason: String)
    case recovered(path: String)
    /// Decisions of the relay are not in the log, since too many waited.
    case lost(Int)
    /// The digest that the last record has now, to be compared with later.
    case head(AuditHash)
}
