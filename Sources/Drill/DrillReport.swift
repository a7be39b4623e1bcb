import Admin
import Console
import Mail

/// The result of a drill; printed by `drill --json`, with these names.
package struct DrillReport: Hashable, Sendable, Codable {
    package enum Verdict: String, Hashable, Sendable, Codable {
        /// Mail moved on to another upstream, and the traffic came back.
        case passed
        case failed
        /// Failover and failback were not observed, for example for lack of mail.
        case inconclusive
    }

    /// One figure of the queue.
    struct Range: Hashable, Sendable, Codable {
        var before: Int
        var peak: Int
        var after: Int
    }

    var upstream: String
    package var verdict: Verdict
    /// One sentence per deciding fact.
    var reasons: [String]
    /// RFC 3339.
    var trippedAt: String
    var watchedSeconds: Double
    /// Milliseconds since the trip; nil if it has not happened.
    var movedOnMilliseconds: Int?
    var halfOpenMilliseconds: Int?
    var closedMilliseconds: Int?
    var fullShareMilliseconds: Int?
    /// Number of times the circuit opened again after the trip.
    var relapses: Int
    /// Recipients accepted during the drill, by upstream.
    var delivered: [String: Int]
    /// Failures during the drill that counted against a circuit, by upstream.
    var failures: [String: Int]
    /// Messages in the queue.
    var queue: Range
    /// Recipients in the queue, by the states `deferred`, `in_doubt` and `failed`.
    var recipients: [String: Range]
    /// Whether the drill closed the circuit itself at its end.
    var wasReset: Bool

    enum CodingKeys: String, CodingKey {
        case upstream, verdict, reasons, relapses, delivered, failures, queue, recipients
        case trippedAt = "tripped_at"
        case watchedSeconds = "watched_seconds"
        case movedOnMilliseconds = "moved_on_ms"
        case halfOpenMilliseconds = "half_open_ms"
        case closedMilliseconds = "closed_ms"
        case fullShareMilliseconds = "full_share_ms"
        case wasReset = "was_reset"
    }

    static let states = ["deferred", "in_doubt", "failed"]

    /// - Parameter isInterrupted: whether it was ended early.
    init(_ course: DrillCourse, isInterrupted: Bool, wasReset: Bool) {
        upstream = course.target
        (verdict, reasons) = course.verdict(isInterrupted: isInterrupted)
        trippedAt = course.trippedAt.rfc3339
        watchedSeconds = Double((course.last.at - course.trippedAt).wholeMilliseconds) / 1000
        movedOnMilliseconds = course.times.movedOn.map { Int($0.wholeMilliseconds) }
        halfOpenMilliseconds = course.times.halfOpen.map { Int($0.wholeMilliseconds) }
        closedMilliseconds = course.times.closed.map { Int($0.wholeMilliseconds) }
        fullShareMilliseconds = course.times.fullShare.map { Int($0.wholeMilliseconds) }
        relapses = course.relapses.count
        delivered = Dictionary(course.delivered.map { ($0.name, $0.count) }) { first, _ in first }
        failures = Dictionary(course.failures.map { ($0.name, $0.count) }) { first, _ in first }
        queue = course.range { $0.messages }
        recipients = Dictionary(
            uniqueKeysWithValues: Self.states.map { state in (state, course.range { $0.byState[state] ?? 0 }) })
        self.wasReset = wasReset
    }

    /// Every name is always present; unknown values are null.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(upstream, forKey: .upstream)
        try container.encode(verdict, forKey: .verdict)
        try container.encode(reasons, forKey: .reasons)
        try container.encode(trippedAt, forKey: .trippedAt)
        try container.encode(watchedSeconds, forKey: .watchedSeconds)
        try container.encode(movedOnMilliseconds, forKey: .movedOnMilliseconds)
        try container.encode(halfOpenMilliseconds, forKey: .halfOpenMilliseconds)
        try container.encode(closedMilliseconds, forKey: .closedMilliseconds)
        try container.encode(fullShareMilliseconds, forKey: .fullShareMilliseconds)
        try container.encode(relapses, forKey: .relapses)
        try container.encode(delivered, forKey: .delivered)
        try container.encode(failures, forKey: .failures)
        try container.encode(queue, forKey: .queue)
        try container.encode(recipients, forKey: .recipients)
        try container.encode(wasReset, forKey: .wasReset)
    }
}

extension DrillCourse {
    func range(_ figure: (StatisticsDocument) -> Int) -> DrillReport.Range {
        DrillReport.Range(
            before: before.queue.map(figure) ?? 0, peak: peak.map(figure) ?? 0, after: queue.map(figure) ?? 0)
    }

    /// Faults decide first, then gaps in what was observed.
    func verdict(isInterrupted: Bool) -> (DrillReport.Verdict, [String]) {
        let wrong = faults
        if !wrong.isEmpty { return (.failed, wrong) }
        let missing = gaps(isInterrupted)
        if !missing.isEmpty { return (.inconclusive, missing) }
        let again = relapses.isEmpty ? "" : ", after \(Quantity.count(relapses.count, "relapse"))"
        return (.passed, ["mail went on through another upstream, and \(target) has its full share again\(again)"])
    }

    private var faults: [String] {
        guard !isRestarted else { return [] }
        var faults: [String] = []
        if hasStood {
            faults.append(
                "mail came, and for more than \(Self.patience.components.seconds) s no other upstream took any")
        }
        let doubts = range { $0.byState["in_doubt"] ?? 0 }
        if doubts.after > doubts.before {
            faults.append("\(Quantity.count(doubts.after - doubts.before, "recipient")) went in doubt")
        }
        faults += broken.sorted { $0.key < $1.key }.map { "\($0.key), which took over, failed too: \($0.value)" }
        if let relapse = relapses.last, times.closed == nil {
            faults.append("\(target) did not come back: \(relapse)")
        }
        return faults
    }

    private func gaps(_ isInterrupted: Bool) -> [String] {
        var gaps: [String] = []
        if isRestarted { return ["the relay was restarted meanwhile"] }
        if isInterrupted { gaps.append("it was ended early") }
        if isControlled { gaps.append("an operator changed \(target) meanwhile") }
        if isReset { gaps.append("the circuit was closed by hand meanwhile") }
        if times.movedOn == nil { gaps.append("no mail came; send some, and run it again") }
        if times.fullShare == nil && !isInterrupted { gaps.append(way) }
        return gaps
    }

    /// How far the return had progressed when the time was over.
    private var way: String {
        if times.closed != nil {
            let share = last.upstreams.first { $0.name == target }?.share ?? 0
            return "\(target) had \(Quantity.percent(share)) of its traffic at the end: watch for longer with --watch"
        }
        if times.halfOpen != nil { return "the message that tried \(target) had no answer yet: --watch is longer" }
        return "no message tried \(target) before the end: watch for longer with --watch, with mail coming in"
    }
}
