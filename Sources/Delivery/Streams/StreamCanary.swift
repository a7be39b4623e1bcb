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
        /// Too many have failed hard.
        case stopped
        /// Everything of a step has failed, for other reasons.
        case allFailed
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
    /// Of these, the ones that were tried and wait for another try, or for an operator: others may go in their place, so that
    /// they do not hold up the step. At most as many again as the step has.
    package private(set) var returned = 0
    /// Outcomes of recipients since the step began.
    package private(set) var counts = StreamCounts()

    package init(step: Int = 0, admitted: Int = 0, returned: Int = 0, counts: StreamCounts = StreamCounts()) {
        (self.step, self.admitted, self.returned, self.counts) = (step, admitted, returned, counts)
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
        let size = max(share, terms.minOutcomes.multipliedClamped(by: step + 1))
        return max(0, size.addingClamped(min(returned, size)) - admitted)
    }

    /// Messages are let through.
    mutating func admit(_ messages: Int) { admitted = admitted.addingClamped(messages) }

    /// Messages that were let through have not been tried, and will ask again or are gone.
    mutating func withdraw(_ messages: Int) { admitted = max(0, admitted - messages) }

    /// A message that was let through has been tried, and waits once more.
    mutating func cameBack() { returned = returned.addingClamped(1) }

    /// Recipients have an outcome.
    mutating func ended(_ new: StreamCounts, _ terms: Terms) -> Action {
        counts += new
        // Early, if the rest of the step could be nothing but delivered and it would still be too many.
        if counts.hard > 0, Double(counts.hard) >= terms.limit * Double(max(counts.total, terms.minOutcomes)) {
            return .stopped
        }
        // What a failure says about its address may follow it: then the end of its message decides.
        guard new.delivered > 0, counts.total >= terms.minOutcomes else { return .none }
        return nextStep(terms)
    }

    /// A message has ended, and all of its outcomes are counted.
    ///
    /// - Parameter cameBack: whether it was among ``returned``.
    mutating func messageEnded(cameBack: Bool, _ terms: Terms) -> Action {
        if cameBack { returned = max(0, returned - 1) }
        guard counts.total >= terms.minOutcomes else { return .none }
        // Failures alone are no reason to send more.
        return counts.delivered > 0 ? nextStep(terms) : .allFailed
    }

    private mutating func nextStep(_ terms: Terms) -> Action {
        counts = StreamCounts()
        step += 1
        return terms.steps.indices.contains(step) ? .stepped(to: terms.steps[step]) : .passed
    }

    /// An operator lets it go on after it was stopped: the step begins anew.
    mutating func retry() { (admitted, returned, counts) = (0, 0, StreamCounts()) }
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
