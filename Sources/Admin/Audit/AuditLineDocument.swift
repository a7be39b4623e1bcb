internal import Audit

/// A line of `GET /v1/audit`: a record, and its number.
struct AuditLineDocument: Encodable {
    /// Of its line in the log, from 1. The page before it has `before` with this number.
    let number: Int
    let record: AuditRecord

    private enum CodingKeys: CodingKey {
        case number
    }

    func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(number, forKey: .number)
        try record.encode(to: encoder)
    }
}
