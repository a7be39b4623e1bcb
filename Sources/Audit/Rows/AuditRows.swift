package import Mail

/// The lines of an audit log in a database, numbered from 1. What they say is not its business.
///
/// Calls block.
package protocol AuditRows: Sendable {
    /// For people.
    var place: String { get }
    /// The last line; nil if there is none.
    func last() throws(AuditError) -> AuditRow?
    /// Lines behind `number`, in their order; fewer than `limit` only at the end.
    func rows(after number: Int, limit: Int) throws(AuditError) -> [AuditRow]
    /// Adds lines, all or none, behind the last one.
    ///
    /// - Parameter last: the line expected at the end; nil if the log should be empty.
    /// - Returns: false if it is not, and nothing was added.
    /// - Throws: ``AuditError``; its code is `unsettled` if nobody knows whether they were added.
    func append(_ rows: [AuditRow], after last: AuditRow?) throws(AuditError) -> Bool
}

/// A line of an audit log, without its end.
package struct AuditRow: Hashable, Sendable {
    package let number: Int
    package let line: [UInt8]
    package let at: Timestamp

    package init(number: Int, line: [UInt8], at: Timestamp) {
        (self.number, self.line, self.at) = (number, line, at)
    }
}
