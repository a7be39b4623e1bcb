import Mail

/// The result of a drill of lost mail; printed by `drill --lost-mail --json`, with these names.
package struct LossReport: Hashable, Sendable, Encodable {
    package var upstream: String
    package var verdict: DrillReport.Verdict
    /// One sentence per deciding fact.
    package var reasons: [String]
    /// `missing_after` + `missing_threshold` × `every`.
    package var limitMilliseconds: Int
    /// Since the upstream began to lose mail; nil if it was not left.
    package var leftMilliseconds: Int?
    /// Since it delivered again.
    package var returnedMilliseconds: Int?
    package var fullShareMilliseconds: Int?
    /// Shares of the traffic before the full one.
    package var steps: Int
    package var everySeconds: Double
    package var missingAfterSeconds: Double
    package var missingThreshold: Int

    private enum CodingKeys: String, CodingKey {
        case upstream, verdict, reasons, steps
        case limitMilliseconds = "limit_ms"
        case leftMilliseconds = "left_ms"
        case returnedMilliseconds = "returned_ms"
        case fullShareMilliseconds = "full_share_ms"
        case everySeconds = "every_seconds"
        case missingAfterSeconds = "missing_after_seconds"
        case missingThreshold = "missing_threshold"
    }

    init(_ course: LossCourse) {
        let (settings, times) = (course.settings, course.times)
        upstream = course.target
        (verdict, reasons) = Self.verdict(course)
        limitMilliseconds = Int(settings.limit.wholeMilliseconds)
        leftMilliseconds = times.left.map { Int($0.wholeMilliseconds) }
        returnedMilliseconds = times.returned.map { Int($0.wholeMilliseconds) }
        fullShareMilliseconds = times.fullShare.map { Int($0.wholeMilliseconds) }
        steps = times.steps
        everySeconds = Double(settings.every.wholeMilliseconds) / 1000
        missingAfterSeconds = Double(settings.missingAfter.wholeMilliseconds) / 1000
        missingThreshold = settings.missingThreshold
    }

    private static func verdict(_ course: LossCourse) -> (DrillReport.Verdict, [String]) {
        let limit = course.settings.limit
        let isLate = course.times.left.map { $0 > limit } ?? false
        let late = "\(course.target) was left later than missing_after and missing_threshold times every allow"
        switch course.trouble {
        case .failed(let reason): return (.failed, (isLate ? [late] : []) + [reason])
        case .inconclusive(let reason): return isLate ? (.failed, [late, reason]) : (.inconclusive, [reason])
        case nil:
            return isLate
                ? (.failed, [late])
                : (.passed, ["\(course.target) was left in time, and has its full share again"])
        }
    }

    /// Every name is always present; unknown values are null.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(upstream, forKey: .upstream)
        try container.encode(verdict, forKey: .verdict)
        try container.encode(reasons, forKey: .reasons)
        try container.encode(limitMilliseconds, forKey: .limitMilliseconds)
        try container.encode(leftMilliseconds, forKey: .leftMilliseconds)
        try container.encode(returnedMilliseconds, forKey: .returnedMilliseconds)
        try container.encode(fullShareMilliseconds, forKey: .fullShareMilliseconds)
        try container.encode(steps, forKey: .steps)
        try container.encode(everySeconds, forKey: .everySeconds)
        try container.encode(missingAfterSeconds, forKey: .missingAfterSeconds)
        try container.encode(missingThreshold, forKey: .missingThreshold)
    }
}
