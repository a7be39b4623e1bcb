/// A new stream on its way from a part of its mail to all of it, step by step: a step is over once enough of its recipients
/// have an outcome, and too many hard failures stop the stream. A value without a clock.
///
/// A stream that is small compared with the number of outcomes needed goes through as a whole: nothing could be learnt from
/// a part of it.
package struct StreamCanary: Hashable, Sendable {
    /// What an outcome leads to.
    enum Action: Hashable {
        case none
        /// The next step has this percentage.
        case stepped(to: Int)
        /// The last step is over.
        case passed
        /// Too many have failed.
        case stopped
    }

    /// Of the rule, as it is now.
    struct Terms {
        /// Increasing percentages.
        let steps: [Int]
        /// Outcomes that a step needs.
        let minOutcomes: Int
        /// Share of hard failures that stops it, 0 to 1.
        let limit: Double

        init(_ rule: StreamSettings) {
            steps = rule.canary
            minOutcomes = rule.minMessages
            limit = rule.pauseAtBounceRate > 0 ? rule.pauseAtBounceRate : StreamSettings.canaryBounceRate
        }
    }

    /// Number of the current step.
    package private(set) var step = 0
    /// Messages let through so far.
    package private(set) var admitted = 0
    /// Outcomes of recipients since the step began.
    package private(set) var counts = StreamCounts()

    package init(step: Int = 0, admitted: Int = 0, counts: StreamCounts = StreamCounts()) {
        (self.step, self.admitted, self.counts) = (step, admitted, counts)
    }

    /// Percentage of the current step; 100 behind the last one.
    func percent(_ terms: Terms) -> Int { terms.steps.indices.contains(step) ? terms.steps[step] : 100 }

    /// Messages that may still be let through in this step.
    ///
    /// - Parameter waiting: messages of the stream that are known to wait for it.
    func room(waiting: Int, _ terms: Terms) -> Int {
        let percent = percent(terms)
        guard percent < 100 else { return .max }
        let seen = admitted.addingClamped(waiting)
        let share = seen / 100 * percent + seen % 100 * percent / 100
        return max(0, max(share, terms.minOutcomes.multipliedClamped(by: step + 1)) - admitted)
    }

    /// Messages are let through.
    mutating func admit(_ messages: Int) { admitted = admitted.addingClamped(messages) }

    /// Recipients have an outcome.
    mutating func ended(_ new: StreamCounts, _ terms: Terms) -> Action {
        counts += new
        // Early, if the rest of the step could be nothing but delivered and it would still be too many.
        if counts.hard > 0, Double(counts.hard) >= terms.limit * Double(max(counts.total, terms.minOutcomes)) {
            return .stopped
        }
        // Failures alone are no reason to send more, and what one of them says about its address may follow it.
        guard new.delivered > 0, counts.total >= terms.minOutcomes else { return .none }
        counts = StreamCounts()
        step += 1
        return terms.steps.indices.contains(step) ? .stepped(to: terms.steps[step]) : .passed
    }

    /// An operator lets it go on after it was stopped: the step is judged anew.
    mutating func retry() { counts = StreamCounts() }
}

extension Int {
    fileprivate func addingClamped(_ other: Int) -> Int {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }

    fileprivate func multipliedClamped(by other: Int) -> Int {
        let (product, overflow) = multipliedReportingOverflow(by: other)
        return overflow ? .max : product
    }
}
