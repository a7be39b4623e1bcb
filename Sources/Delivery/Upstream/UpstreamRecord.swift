internal import DequeModule
internal import Mail
internal import SMTP
internal import Upstreams

/// The history of an upstream for operators: counters, and a bounded number of events.
struct UpstreamRecord {
    static let changeLimit = 50
    static let answerLimit = 20

    private(set) var changes: Deque<UpstreamDetail.Change> = []
    private(set) var answers: Deque<UpstreamDetail.Answer> = []
    /// The cause of the last transition of the circuit, or of the last change of its trial time.
    private(set) var circuitCause: String?
    /// When the circuit last changed its state; the start, if it never did.
    private(set) var since: Timestamp
    /// The last plain success.
    var lastSuccess: UpstreamDetail.Answer?
    private(set) var lastProbe: ProbeResult?
    private(set) var lastError: String?
    /// At which step that was; nil if at none.
    private(set) var lastErrorPhase: ClientPhase?
    /// See ``UpstreamStatus/refutedReply``.
    var refutedReply: String?

    var deliveredTotal = 0
    var failedTotal = 0
    private(set) var probesSucceeded = 0
    private(set) var probesFailed = 0
    var latencies = LatencyWindow()

    init(since: Timestamp) {
        self.since = since
    }

    /// Records a transition; an open circuit that stays open makes no entry in the history.
    mutating func changed(at time: Timestamp, _ transition: CircuitTransition, cause: String) {
        circuitCause = cause
        if transition.to == .closed { refutedReply = nil }
        switch transition.kind {
        case .state:
            since = time
            add(transition, at: time, cause)
        case .share: add(transition, at: time, cause)
        case .trialTime: break
        }
    }

    /// Records an operator's order; it makes an entry if the state changes.
    mutating func changed(at time: Timestamp, from: AdminState, to: AdminState, share: Double, cause: String) {
        guard from != to else { return }
        add(.init(at: time, .admin(from: from, to: to), share: share, cause: cause))
    }

    mutating func failed(_ error: String, at phase: String? = nil) {
        lastError = error
        lastErrorPhase = phase.flatMap { ClientPhase(rawValue: $0) }
    }

    mutating func answered(_ answer: UpstreamDetail.Answer) {
        if answers.count == Self.answerLimit { answers.removeFirst() }
        answers.append(answer)
    }

    mutating func probed(_ result: ProbeResult) {
        lastProbe = result
        if result.failedPhase == nil { probesSucceeded += 1 } else { probesFailed += 1 }
    }

    /// The answers, with the last success in its place.
    var allAnswers: [UpstreamDetail.Answer] {
        guard let lastSuccess else { return Array(answers) }
        let place = answers.lastIndex { $0.at < lastSuccess.at }.map { $0 + 1 } ?? 0
        var all = Array(answers)
        all.insert(lastSuccess, at: place)
        return all
    }

    private mutating func add(_ transition: CircuitTransition, at time: Timestamp, _ cause: String) {
        let change = UpstreamTransition.circuit(from: transition.from, to: transition.to)
        add(.init(at: time, change, share: transition.share, cause: cause))
    }

    private mutating func add(_ change: UpstreamDetail.Change) {
        if changes.count == Self.changeLimit { changes.removeFirst() }
        changes.append(change)
    }
}
