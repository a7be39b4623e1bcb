internal import Mail

/// Whether a reply says that a quota of ours is used up, and which.
package enum QuotaReply {
    private static let words = [
        "quota", "daily", "monthly", "hourly", "per day", "per month", "per hour", "today", "sending limit", "credits",
    ]

    /// - Parameters:
    ///   - text: of a reply whose verdict is about the account.
    ///   - quotas: of the upstream.
    /// - Returns: the period of the quota; nil if it is about none of them.
    package static func period(in text: String, of quotas: [Quota]) -> Quota.Period? {
        let text = text.lowercased()
        guard words.contains(where: { text.contains($0) }) else { return nil }
        let periods = quotas.map(\.period)
        if text.contains("month") { return periods.first { $0.isAbout(28 * 24...31 * 24) } }
        if text.contains("hour") { return periods.first { $0.isAbout(1...1) } }
        if text.contains("day") || text.contains("daily") { return periods.first { $0.isAbout(24...24) } }
        return periods.count == 1 ? periods[0] : nil
    }
}

extension Quota.Period {
    /// Whether it is about this long, in hours.
    fileprivate func isAbout(_ hours: ClosedRange<Int>) -> Bool {
        switch self {
        case .day: hours.contains(24)
        case .month: hours.contains(30 * 24)
        case .rolling(let window): hours.contains(Int(window.components.seconds / 3600))
        }
    }
}
