internal import DequeModule
internal import Mail
internal import Upstreams

/// What is kept of an upstream's past for operators; bounded.
struct UpstreamRecord {
    static let changeLimit = 50
    static let answerLimit = 20

    private(set) var changes: Deque<UpstreamDetail.Change> = []
    private(set) var answers: Deque<UpstreamDetail.Answer> = []
    /// The last plain success.
    var lastSuccess: UpstreamDetail.Answer?
    var lastProbe: ProbeResult?

    mutating func changed(at time: Timestamp, _ transition: Circuit.Transition, cause: String) {
        add(.init(at: time, from: transition.from, to: transition.to, share: transition.share, cause: cause))
    }

    mutating func add(_ change: UpstreamDetail.Change) {
        if changes.count == Self.changeLimit { changes.removeFirst() }
        changes.append(change)
    }

    mutating func answered(_ answer: UpstreamDetail.Answer) {
        if answers.count == Self.answerLimit { answers.removeFirst() }
        answers.append(answer)
    }

    /// The answers with the last success at its place.
    var allAnswers: [UpstreamDetail.Answer] {
        guard let lastSuccess else { return Array(answers) }
        let place = answers.lastIndex { $0.at < lastSuccess.at }.map { $0 + 1 } ?? 0
        var all = Array(answers)
        all.insert(lastSuccess, at: place)
        return all
    }
}
