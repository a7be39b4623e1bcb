/// What happened between two readings, per second. Nil where there is no earlier one.
struct TopRates: Equatable {
    var accepted: Double?
    /// Recipients by outcome.
    var outcomes: [String: Double] = [:]
    /// Recipients delivered, by upstream.
    var delivered: [String: Double] = [:]
    /// Milliseconds of the 50th and the 95th percentile; nil where there was no mail.
    var accept: [Double?] = [nil, nil]
    var taken: [Double?] = [nil, nil]

    private static let percentiles = [0.5, 0.95]

    /// - Parameters:
    ///   - before: the reading before, for the rates; nil at first.
    ///   - past: one from some seconds ago, for the percentiles.
    init(from before: TopReading?, to now: TopReading, past: TopReading? = nil) {
        guard let before, now.figures.startedAt == before.figures.startedAt else { return }
        let parts = (now.readAt - before.readAt).components
        let seconds = Double(parts.seconds) + Double(parts.attoseconds) / 1e18
        guard seconds > 0 else { return }
        let rate = { (former: Double?, latter: Double) in max(0, latter - (former ?? 0)) / seconds }
        accepted = rate(before.figures.accepted, now.figures.accepted)
        for (outcome, count) in now.figures.outcomes {
            outcomes[outcome] = rate(before.figures.outcomes[outcome], count)
        }
        for (name, count) in now.figures.delivered { delivered[name] = rate(before.figures.delivered[name], count) }
        let past = past.flatMap { $0.figures.startedAt == now.figures.startedAt ? $0 : nil } ?? before
        accept = Self.percentiles.map { now.figures.acceptTimes.quantile($0, since: past.figures.acceptTimes) }
        taken = Self.percentiles.map { now.figures.takenTimes.quantile($0, since: past.figures.takenTimes) }
    }
}
