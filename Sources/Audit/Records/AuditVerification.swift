/// Checks a whole log, line by line.
package struct AuditVerification: Sendable {
    package struct Problem: Hashable, Sendable {
        /// From 1.
        package let line: Int
        package let reason: String
    }

    /// Digits of an earlier head that must be in the log; nil for none.
    private let wanted: AuditHash?
    private var chain: AuditChain
    /// Lines so far.
    package private(set) var lines = 0
    /// The first ones; the number is in ``problemCount``.
    package private(set) var problems: [Problem] = []
    package private(set) var problemCount = 0
    /// Unfinished records that starts of the relay have replaced.
    package private(set) var repairs: [AuditRecord] = []
    /// The line whose digest is the wanted one.
    package private(set) var foundAt: Int?

    private static let mostKept = 20

    /// - Parameter wanted: a head noted earlier.
    package init(key: [UInt8], wanted: AuditHash? = nil) {
        chain = AuditChain(key: key)
        self.wanted = wanted
    }

    /// The digest that the last line states; nil before the first.
    package var head: AuditHash? { lines == 0 ? nil : chain.head }

    /// Whether nothing is wrong.
    package var isSound: Bool { problemCount == 0 }

    /// - Parameter line: without its end.
    package mutating func take(_ line: ArraySlice<UInt8>) {
        lines += 1
        switch chain.take(line) {
        case .record(let record): take(record)
        case .mismatch: report("it has been changed, or records before it have been removed, added or changed")
        case .malformed: report("it is no record")
        }
    }

    private mutating func take(_ record: AuditRecord) {
        if wanted == chain.head { foundAt = lines }
        if lines == 1 { takeFirst(record) }
        if record.what == AuditWords.repair { repairs.append(record) }
    }

    private mutating func takeFirst(_ record: AuditRecord) {
        guard record.what == AuditWords.begin else { return report("the log does not begin with its first record") }
        if let reason = record.reason { report("records from before it are not in this log: \(reason)") }
    }

    /// The log has ended.
    ///
    /// - Parameter rest: octets without a line end.
    package mutating func end(rest: ArraySlice<UInt8>) {
        if !rest.isEmpty {
            lines += 1
            report("it is not finished: \(rest.count) octets without an end")
        }
        if lines == 0 { report("the log is empty: even a new one has a record") }
        if let wanted, foundAt == nil {
            report("the head \(wanted) is not in the log: its end has been cut off, or it is another log")
        }
    }

    private mutating func report(_ reason: String) {
        problemCount += 1
        if problems.count < Self.mostKept { problems.append(Problem(line: lines, reason: reason)) }
    }
}

/// What records about the log itself say.
enum AuditWords {
    static let begin = "audit begin"
    static let repair = "audit repair"
    static let lost = "audit lost"
    static let refused = "audit refused"
    static let cut = "audit cut"
    static let subject = "audit log"
}
