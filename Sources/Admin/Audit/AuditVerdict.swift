package import Audit
internal import Mail

/// What `audit verify` has found; property names match the JSON.
package struct AuditVerdict: Hashable, Sendable, Codable {
    package struct Problem: Hashable, Sendable, Codable {
        /// From 1.
        package var line: Int
        package var reason: String
    }

    /// Whether nothing is wrong.
    package var ok: Bool
    package var records: Int
    /// The digest of the last record; nil if there is none.
    package var head: String?
    /// The record whose digest is the head asked for, from 1; nil if none was asked for, or it is not there.
    package var headFoundAt: Int?
    /// Unfinished records that starts of the relay have replaced.
    package var repairs: Int
    /// The first ones.
    package var problems: [Problem]
    package var problemCount: Int

    private enum CodingKeys: String, CodingKey {
        case ok, records, head, repairs, problems
        case headFoundAt = "head_found_at"
        case problemCount = "problem_count"
    }

    package init(_ verification: AuditVerification) {
        ok = verification.isSound
        records = verification.lines
        head = verification.head?.description
        headFoundAt = verification.foundAt
        repairs = verification.repairs.count
        problems = verification.problems.map { Problem(line: $0.line, reason: $0.reason) }
        problemCount = verification.problemCount
    }

    /// Every name is always present; unknown values are null.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(ok, forKey: .ok)
        try container.encode(records, forKey: .records)
        try container.encode(head, forKey: .head)
        try container.encode(headFoundAt, forKey: .headFoundAt)
        try container.encode(repairs, forKey: .repairs)
        try container.encode(problems, forKey: .problems)
        try container.encode(problemCount, forKey: .problemCount)
    }
}
