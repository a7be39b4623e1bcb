internal import Mail
package import Upstreams

/// One quota of an upstream as in `upstream list --json`; property names match the JSON.
package struct QuotaDocument: Hashable, Sendable, Codable {
    /// As in relay.conf: `50000/d`.
    package var quota: String
    /// Recipients per period.
    package var limit: Int
    /// In the present period or window, with those under way.
    package var used: Int
    package var left: Int
    /// RFC 3339; when the period ends, or the first part of a window is over; nil where nothing counts.
    package var resetsAt: String?
    /// RFC 3339; when something is left again; nil while something is.
    package var freeAt: String?

    package enum CodingKeys: String, CodingKey {
        case quota, limit, used, left
        case resetsAt = "resets_at"
        case freeAt = "free_at"
    }

    package init(_ report: QuotaReport) {
        quota = report.quota.text
        limit = report.quota.limit
        used = report.used
        left = report.left
        resetsAt = report.resetsAt?.rfc3339
        freeAt = report.freeAt?.rfc3339
    }

    /// Every name is always present; unknown values are null.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(quota, forKey: .quota)
        try container.encode(limit, forKey: .limit)
        try container.encode(used, forKey: .used)
        try container.encode(left, forKey: .left)
        try container.encode(resetsAt, forKey: .resetsAt)
        try container.encode(freeAt, forKey: .freeAt)
    }
}
