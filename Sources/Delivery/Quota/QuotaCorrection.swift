package import Upstreams

/// An operator's word about what an upstream has been given.
package struct QuotaCorrection: Hashable, Sendable {
    /// Which of its quotas; nil where it has one.
    package var period: Quota.Period?
    /// Recipients in the present period, or window.
    package var used: Int
    package var reason: String?

    package init(period: Quota.Period? = nil, used: Int, reason: String? = nil) {
        self.period = period
        self.used = used
        self.reason = reason
    }
}

/// What has become of a ``QuotaCorrection``.
package enum QuotaCorrectionResult: Sendable {
    /// In force, and durable unless there is a reason.
    case done(UpstreamDetail, unsaved: String?)
    case unknownUpstream
    /// It has these quotas.
    case unknownQuota([Quota])
}
