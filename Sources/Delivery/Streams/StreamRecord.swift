internal import Mail
internal import Upstreams

/// What is known of one stream, or of several that share it. A value; the table of streams owns it.
struct StreamRecord {
    /// How long a new stream may be idle before it is forgotten in the midst of its canary: when it comes back, it is new.
    static let canaryPatience = Duration.seconds(86_400)

    /// What relay.conf says about it; nil for nothing.
    private(set) var rule: StreamSettings?
    private(set) var memory: StreamMemory.Entry
    private var hour = OutcomeWindow(StreamSettings.window)
    private var minute = OutcomeWindow(.seconds(60), parts: 6)
    private var meter: StreamRate?
    /// Whether it is that of all streams that have none of their own and the same rule.
    let isShared: Bool

    /// One that has not been seen before.
    init(new rule: StreamSettings?, by namer: StreamNamer, at wall: Timestamp) {
        self.rule = rule
        isShared = false
        memory = StreamMemory.Entry(since: wall)
        memory.namer = namer
        if let rule, !rule.canary.isEmpty { memory.canary = StreamCanary() }
    }

    init(_ memory: StreamMemory.Entry, _ rule: StreamSettings?) {
        self.memory = memory
        isShared = false
        replace(rule)
    }

    init(shared rule: StreamSettings?, _ memory: StreamMemory.Entry) {
        self.memory = memory
        isShared = true
        replace(rule?.shared)
    }

    // MARK: - In a later process

    /// Goes on with the outcomes of the last hour from before.
    mutating func restoreHour(at now: MonotonicInstant, wall: Timestamp) {
        if let history = memory.hour { hour.restore(history, at: now, wall: wall) }
        memory.hour = nil
    }

    /// What is to be kept for the next start.
    func kept(at now: MonotonicInstant, wall: Timestamp) -> StreamMemory.Entry {
        var kept = memory
        kept.hour = hour.history(at: now, wall: wall)
        return kept
    }

    /// relay.conf says something else. A stream that is known is not new any more.
    mutating func replace(_ rule: StreamSettings?) {
        self.rule = rule
        if rule?.canary.isEmpty ?? true { memory.canary = nil }
        if meter?.rate != rule?.maxRate { meter = nil }
    }

    /// Whether it may be forgotten: it is not paused, and none of it has waited because it is new, or not for long.
    func isIdle(at wall: Timestamp) -> Bool {
        guard memory.pause == nil, !isShared else { return false }
        guard let canary = memory.canary, wall - memory.lastAt < Self.canaryPatience else { return true }
        return canary.step == 0 && canary.admitted < rule?.minMessages ?? 0
    }
    /// Whether nothing has come of it.
    var isUnused: Bool { memory.pause == nil && memory.counts == StreamCounts() }
    var isLimited: Bool { isNew || rule?.maxRate != nil }
    var isNew: Bool { memory.canary != nil }
    var canaryPercent: Int? { memory.canary.map { canary in terms.map { canary.percent($0) } ?? 100 } }

    private var terms: StreamCanary.Terms? { rule.map { StreamCanary.Terms($0) } }

    func recent(at now: MonotonicInstant) -> StreamCounts { hour.sum(at: now) }
    func perMinute(at now: MonotonicInstant) -> Int { minute.sum(at: now).total }

    // MARK: - What may go

    /// Lets messages through, as many as may go.
    ///
    /// - Parameter waiting: messages that are known to wait, with those that ask.
    /// - Returns: at most `waiting`.
    mutating func admit(of waiting: Int, at now: MonotonicInstant) -> Int {
        guard memory.pause == nil else { return 0 }
        var room = waiting
        if let canary = memory.canary, let terms { room = min(room, canary.room(waiting: waiting, terms)) }
        if let rate = rule?.maxRate { room = min(room, available(rate, at: now)) }
        meter?.take(room)
        memory.canary?.admit(room)
        return room
    }

    /// Messages that were let through have not been tried.
    mutating func withdraw(_ messages: Int) { memory.canary?.withdraw(messages) }

    /// A message that was let through has been tried, and waits once more.
    mutating func cameBack() { memory.canary?.cameBack() }

    /// When its rate lets the next message through; nil if that is not what it waits for.
    mutating func nextAt(_ now: MonotonicInstant) -> MonotonicInstant? {
        guard memory.pause == nil, rule?.maxRate != nil else { return nil }
        return meter?.nextAt(now)
    }

    /// What keeps mail that waits from going; nil if it may go now.
    mutating func restraint(waiting: Int, at now: MonotonicInstant) -> StreamRestraint? {
        guard memory.pause == nil else { return .pause }
        if let canary = memory.canary, let terms, canary.room(waiting: waiting, terms) == 0 { return .canary }
        return nextAt(now).flatMap { $0 > now ? .rate(until: $0) : nil }
    }

    private mutating func available(_ rate: Rate, at now: MonotonicInstant) -> Int {
        var meter = meter ?? StreamRate(rate, now: now)
        defer { self.meter = meter }
        return meter.available(at: now)
    }

    // MARK: - What has become of it

    /// Recipients have an outcome.
    ///
    /// - Returns: what the relay decides; nil for nothing.
    mutating func ended(_ counts: StreamCounts, at now: MonotonicInstant, wall: Timestamp) -> StreamEvent? {
        memory.counts += counts
        memory.lastAt = wall
        hour.add(counts, at: now)
        minute.add(counts, at: now)
        guard let rule, memory.pause == nil else { return nil }
        if let event = canaryEnded(counts, rule, wall) { return event }
        return tooManyBounces(rule, at: now).map { pauseByRelay($0, wall) }
    }

    /// Recipients have failed that nobody was asked about: they say nothing about the list, and count as done.
    ///
    /// - Returns: what the relay decides; nil for nothing.
    mutating func suppressed(_ recipients: Int, wall: Timestamp) -> StreamEvent? {
        memory.counts.failed += recipients
        memory.lastAt = wall
        guard let rule, memory.pause == nil else { return nil }
        return canaryEnded(StreamCounts(failed: recipients), rule, wall)
    }

    private mutating func canaryEnded(
        _ counts: StreamCounts, _ rule: StreamSettings, _ wall: Timestamp
    ) -> StreamEvent? {
        let terms = StreamCanary.Terms(rule)
        return changeCanary(terms, wall) { $0.ended(counts, terms) }
    }

    /// A message has ended, and all of its outcomes are counted.
    ///
    /// - Parameter cameBack: whether it had been tried before.
    /// - Returns: what the relay decides; nil for nothing.
    mutating func messageEnded(cameBack: Bool, wall: Timestamp) -> StreamEvent? {
        guard memory.pause == nil, let terms else { return nil }
        return changeCanary(terms, wall) { $0.messageEnded(cameBack: cameBack, terms) }
    }

    private mutating func changeCanary(
        _ terms: StreamCanary.Terms, _ wall: Timestamp, _ change: (inout StreamCanary) -> StreamCanary.Action
    ) -> StreamEvent? {
        guard var canary = memory.canary else { return nil }
        let place = "canary at \(canary.percent(terms)) %"
        let action = change(&canary)
        memory.canary = canary
        switch action {
        case .none: return nil
        case .stepped(let percent): return .canaryStepped(to: percent)
        case .passed:
            memory.canary = nil
            return .canaryPassed
        case .stopped: return pauseByRelay("\(place): \(Self.words(canary.counts))", wall)
        case .allFailed: return pauseByRelay("\(place): all of \(canary.counts.total) recipients failed", wall)
        }
    }

    private mutating func pauseByRelay(_ reason: String, _ wall: Timestamp) -> StreamEvent {
        pause(StreamPause(by: .relay, reason: reason, since: wall))
    }

    /// Why it is to be paused; nil if it is not.
    private func tooManyBounces(_ rule: StreamSettings, at now: MonotonicInstant) -> String? {
        guard rule.pauseAtBounceRate > 0 else { return nil }
        let counts = hour.sum(at: now)
        guard counts.hard > 0, counts.total >= rule.minMessages, counts.bounceRate >= rule.pauseAtBounceRate else {
            return nil
        }
        return "bounce rate: \(Self.words(counts)) within an hour"
    }

    private static func words(_ counts: StreamCounts) -> String {
        "\(counts.hard) of \(counts.total) recipients failed hard"
    }

    // MARK: - Orders

    @discardableResult
    mutating func pause(_ pause: StreamPause) -> StreamEvent {
        memory.pause = pause
        return .paused(pause)
    }

    /// What happened before counts against it no more.
    mutating func resume() {
        memory.pause = nil
        memory.canary?.retry()
        hour.clear()
    }
}
