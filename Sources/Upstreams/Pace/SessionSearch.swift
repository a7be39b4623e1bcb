internal import Mail

/// Looks for the number of sessions that carries most: starts small, and keeps a change only if what was measured
/// afterwards is worth it.
///
/// Throughput decides, and latency with it: at a given number of sessions that are never idle, the one is the inverse of
/// the other. More sessions are tried while mail waits: twice as many, then a quarter more, until a growth carries less
/// than half of what it promises. The next try is ten seconds later, and later with each one that fails. Fewer sessions
/// are tried when each of them has come to carry less than half of what it did.
///
/// A value without a clock. Nothing is measured while no mail waits: the upstream keeps up then.
struct SessionSearch: Sendable {
    /// - `measuring`: nothing is known of the present number. Successors: `growing`, `resting`.
    /// - `growing`: there are more than `from`, which carried `rate`. Successors: `growing`, `resting`, `measuring`.
    /// - `thinning`: there are fewer than `from`; more of them carried `rate`. Successors: `thinning`, `resting`,
    ///   `measuring`.
    /// - `resting`: more are not tried before. Successors: `growing`, `thinning`, `measuring`.
    ///
    /// Each becomes `measuring` where relay.conf allows fewer.
    private enum Phase {
        case measuring
        case growing(from: Int, rate: Double)
        case thinning(from: Int, rate: Double)
        case resting(until: MonotonicInstant)
    }

    static let start = 5
    /// Time until more sessions are tried again, at first and at most.
    static let firstRest = Duration.seconds(10)
    static let longestRest = Duration.seconds(300)
    /// How long sessions may take to open before it is measured without them.
    static let opening = Duration.seconds(5)
    /// Part of what a growth promises that it has to carry, and part of the throughput that fewer sessions must keep.
    private static let worth = 0.5
    private static let kept = 0.9
    /// Measurements in a row that have to show a loss.
    private static let losses = 2

    private(set) var value: Int
    /// The number beyond which more sessions carried no more; nil before one was found.
    private(set) var found: Int?
    private var phase = Phase.measuring
    /// Whether a growth doubles the number.
    private var isBold = true
    private var epoch: ThroughputEpoch?
    private var settling: (until: MonotonicInstant, messages: Int)?
    private var rest = SessionSearch.firstRest
    /// Messages per second and session at the number that was last found good.
    private var yield = 0.0
    private var lost = 0

    init(from value: Int = SessionSearch.start) {
        self.value = value
    }

    // MARK: - What happens

    /// A message has been taken, and mail waits or does not.
    ///
    /// - Parameters:
    ///   - sessions: those that are open.
    ///   - ceiling: the most that there may be.
    mutating func took(sessions: Int, mailWaits: Bool, ceiling: Int, now: MonotonicInstant) {
        guard mailWaits else {
            epoch = nil
            return
        }
        guard isSettled(sessions, now: now) else { return }
        guard var present = epoch else {
            epoch = ThroughputEpoch(of: value, care: isBold ? 1 : 2, began: now)
            return
        }
        let rate = present.took(now: now)
        epoch = rate == nil ? present : nil
        if let rate { measured(rate, ceiling: ceiling, now: now) }
    }

    /// The server allows no more than this.
    mutating func refused(beyond number: Int, now: MonotonicInstant) {
        change(to: min(value, max(1, number)), now: now)
        pause(now: now)
        isBold = false
    }

    /// A session has failed: what there was before a growth is enough for now.
    mutating func failed(now: MonotonicInstant) {
        switch phase {
        case .growing(let from, _):
            takeBack(to: from, now: now)
            isBold = false
        case .measuring, .thinning, .resting: break
        }
    }

    /// The server allows more than it did, and everything that it allowed was in use.
    mutating func follow(to number: Int, now: MonotonicInstant) { change(to: number, now: now) }

    /// The most that there may be has changed.
    mutating func limit(to ceiling: Int, now: MonotonicInstant) {
        guard value > ceiling else { return }
        change(to: ceiling, now: now)
        phase = .measuring
    }

    /// What is going on says nothing: not all traffic may go there.
    mutating func interrupt() { epoch = nil }

    // MARK: - Measuring

    /// Whether all sessions are there, and each has had the time for a message.
    private mutating func isSettled(_ sessions: Int, now: MonotonicInstant) -> Bool {
        guard let settling else { return true }
        if settling.messages == value, sessions < value, now < settling.until { return false }
        self.settling = settling.messages > 1 ? (settling.until, settling.messages - 1) : nil
        return false
    }

    private mutating func change(to number: Int, now: MonotonicInstant) {
        guard number != value else { return }
        value = number
        epoch = nil
        settling = (now + Self.opening, number)
    }

    // MARK: - Deciding

    private mutating func measured(_ rate: Double, ceiling: Int, now: MonotonicInstant) {
        switch phase {
        case .measuring:
            yield = rate / Double(value)
            grow(at: rate, ceiling: ceiling, now: now)
        case .growing(let from, let before): grew(from: from, before, rate, ceiling: ceiling, now: now)
        case .thinning(let from, let before): thinned(from: from, before, rate, now: now)
        case .resting(let until): rested(until: until, rate, ceiling: ceiling, now: now)
        }
    }

    private mutating func grow(at rate: Double, ceiling: Int, now: MonotonicInstant) {
        let number = min(ceiling, value + (isBold ? value : max(1, value / 4)))
        guard number > value else { return phase = .resting(until: now) }
        phase = .growing(from: value, rate: rate)
        change(to: number, now: now)
    }

    private mutating func grew(
        from: Int, _ before: Double, _ rate: Double, ceiling: Int, now: MonotonicInstant
    ) {
        let promised = Double(value - from) / Double(from)
        if rate >= before * (1 + promised * Self.worth) {
            rest = Self.firstRest
            yield = rate / Double(value)
            return grow(at: rate, ceiling: ceiling, now: now)
        }
        let smaller = min(value - 1, from + max(1, from / 4))
        if isBold, smaller > from {
            isBold = false
            return change(to: smaller, now: now)
        }
        isBold = false
        found = from
        takeBack(to: from, now: now)
    }

    private mutating func takeBack(to number: Int, now: MonotonicInstant) {
        change(to: number, now: now)
        pause(now: now)
        rest = min(rest * 2, Self.longestRest)
    }

    private mutating func pause(now: MonotonicInstant) {
        phase = .resting(until: now + rest)
        lost = 0
    }

    // MARK: - Fewer

    private mutating func rested(until: MonotonicInstant, _ rate: Double, ceiling: Int, now: MonotonicInstant) {
        if isThin(rate), value > 1 {
            lost += 1
            if lost >= Self.losses { thin(from: value, rate, now: now) }
            return
        }
        lost = 0
        yield = max(yield, rate / Double(value))
        if until <= now { grow(at: rate, ceiling: ceiling, now: now) }
    }

    /// Whether each session carries less than half of what it did.
    private func isThin(_ rate: Double) -> Bool { rate < yield * Double(value) / 2 }

    private mutating func thin(from: Int, _ rate: Double, now: MonotonicInstant) {
        phase = .thinning(from: from, rate: rate)
        change(to: max(1, value - max(1, value / 4)), now: now)
    }

    private mutating func thinned(from: Int, _ before: Double, _ rate: Double, now: MonotonicInstant) {
        guard rate >= before * Self.kept else {
            // Sessions are not what it is short of: this is how it works now.
            yield = before / Double(from)
            change(to: from, now: now)
            return pause(now: now)
        }
        if isThin(rate), value > 1 { return thin(from: value, before, now: now) }
        yield = rate / Double(value)
        found = value
        pause(now: now)
    }
}
