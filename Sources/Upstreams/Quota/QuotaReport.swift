package import Mail

/// How one quota stands, for people.
package struct QuotaReport: Hashable, Sendable {
    package let quota: Quota
    /// In the present period, or window, with those under way.
    package let used: Int
    package let left: Int
    /// When the present period ends, or the first part of a window is over; nil where nothing counts.
    package let resetsAt: Timestamp?
    /// When something is left again; nil while something is.
    package let freeAt: Timestamp?

    package init(quota: Quota, used: Int, left: Int, resetsAt: Timestamp? = nil, freeAt: Timestamp? = nil) {
        self.quota = quota
        self.used = used
        self.left = left
        self.resetsAt = resetsAt
        self.freeAt = freeAt
    }

    /// Of the limit; at least 0, and above 1 after a correction or a smaller limit.
    package var share: Double { Double(used) / Double(quota.limit) }
}

/// What is told of a quota, once per period.
package enum QuotaNews: Hashable, Sendable {
    /// `quota_warn` of it is used.
    case near(QuotaReport)
    /// Nothing is left.
    case spent(QuotaReport)

    package var report: QuotaReport {
        switch self {
        case .near(let report), .spent(let report): report
        }
    }

    package var isSpent: Bool {
        switch self {
        case .near: false
        case .spent: true
        }
    }
}
