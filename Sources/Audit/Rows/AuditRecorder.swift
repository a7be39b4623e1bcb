internal import Mail

/// Writes an audit log, whatever keeps it.
///
/// Confined to the queue of its owner, an ``AuditLog``.
protocol AuditRecorder: AnyObject, Sendable {
    /// nil before the first record, and while the log cannot be opened.
    var head: AuditHash? { get }
    /// Opens the log if need be, and begins one if there is none.
    func check(_ now: Timestamp)
    /// - Returns: why none of these records is in the log; nil if all are durable.
    func append(_ records: [AuditRecord], _ now: Timestamp) -> AuditError?
    /// What is in the log now.
    func reader() throws(AuditError) -> AuditReader
    func close()
}
