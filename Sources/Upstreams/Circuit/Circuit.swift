/// Whether mail may go to one upstream.
///
/// Consecutive failures, a high failure rate or slowness open the circuit. After its duration one message is let
/// through as a trial (half open), whose result closes the circuit or opens it for twice as long. After closing, the
/// upstream gets a small share of the traffic first, then more, step by step: the ramp.
///
/// The duration is remembered beyond that, so that a flapping upstream gets fewer and fewer chances (hysteresis): each
/// opening lasts twice as long as the previous one, until all traffic has been back without another opening for as long
/// as the last one lasted, and for at least one step of the ramp.
///
/// Reports from sessions begun before an opening are ignored.
package struct Circuit: Hashable, Sendable {
    package struct Settings: Hashable, Sendable {
        /// Consecutive failures that open the circuit; at least 1.
        package var consecutiveFailures: Int
        /// Initial open duration.
        package var openDuration: Duration
        /// Maximum open duration.
        package var maxOpenDuration: Duration
        /// Share of failed attempts within `window` that also opens the circuit; above 1 to disable.
        package var failureRate = 0.5
        /// Minimum attempts within `window` before rate and latency count.
        package var minRequests = 20
        package var window = Duration.seconds(30)
        /// Limit for the 95th percentile of attempt durations within `window`, beyond which the upstream counts as
        /// broken; nil to disable.
        package var latencyThreshold: Duration?
        /// Increasing shares of the traffic that an upstream gets after a successful trial; the last one is 1.
        package var rampSteps = [0.1, 0.25, 0.5, 1]
        package var stepDuration = Duration.seconds(30)
        /// Consecutive failed probes that open a closed circuit.
        package var unhealthyThreshold = 3
        /// Consecutive successful probes that bring the trial forward.
        package var healthyThreshold = 2
        package var refutations = RefutationWindow.Settings()

        package init(consecutiveFailures: Int, openDuration: Duration, maxOpenDuration: Duration) {
            self.consecutiveFailures = max(1, consecutiveFailures)
            self.openDuration = openDuration
            self.maxOpenDuration = max(openDuration, maxOpenDuration)
        }

        /// The same with valid ramp steps, increasing to 1.
        var sound: Settings {
            var sound = self
            sound.rampSteps = rampSteps.filter { $0 > 0 && $0 < 1 }.sorted() + [1]
            return sound
        }
    }

    /// Kinds of fault.
    package enum Fault: Hashable, Sendable {
        /// The upstream, or the path to it, does not work.
        case transport
        /// It rejects our account: opens at once, and probes do not bring the trial forward.
        case account
    }

    /// - `closed`: mail flows, all of it or the ramp's share; `failures` is the current number of consecutive failures,
    ///   below the limit, which is ``Settings/consecutiveFailures`` or, during the ramp, at most 2. The ramp exists in
    ///   this state only. To `closed` with a larger share at the end of a step; to `open` at the limit, when rate or
    ///   latency exceed theirs, at an account fault, when refusals are refuted, after failed probes, or by hand.
    /// - `open`: no mail until `until`; `duration` is the value before jitter, between ``Settings/openDuration`` and
    ///   ``Settings/maxOpenDuration``; the next one is twice as long. To `halfOpen` when the time has come and a
    ///   message asks; to `open` with an earlier `until` by probes, unless opened by an account fault or by hand; to
    ///   `closed` by hand.
    /// - `halfOpen`: one message is on trial, and no second one is admitted. To `closed`, with the first step of the
    ///   ramp, if it succeeds; to `open` if it fails or is too slow, or with an expired duration if it ends without a
    ///   verdict.
    package enum State: Hashable, Sendable {
        case closed(failures: Int)
        case open(until: MonotonicInstant, duration: Duration)
        case halfOpen(duration: Duration)

        /// The state without its figures.
        package var name: CircuitState {
            switch self {
            case .closed: .closed
            case .open: .open
            case .halfOpen: .halfOpen
            }
        }
    }

    /// The answer to a message that asks to be sent.
    package enum Admission: Hashable, Sendable {
        case admitted
        /// The message may go, alone; report its end as `succeeded`, `failed` or `trialEndedWithoutVerdict`.
        case trial
        /// The ramp leaves this message to the next upstream; if there is none, it may go anyway.
        case overflow
        /// Not before this instant; nil while another message is on trial.
        case refused(until: MonotonicInstant?)
    }

    /// The current share of the traffic of a recovering upstream.
    struct Ramp: Hashable, Sendable {
        /// Index into ``Settings/rampSteps``, never of the last one.
        var step: Int
        /// When the next step is due, unless something fails before.
        var until: MonotonicInstant
        /// Accumulated share not yet used by an admitted message, in millionths of a message; less than one message.
        var credit = 0
    }

    /// Who or what opened the circuit.
    enum Opener: Hashable, Sendable {
        case transport, account, hand
    }

    /// What is remembered of the last opening.
    struct Past: Hashable, Sendable {
        var opener: Opener
        var openedAt: MonotonicInstant
        /// Before jitter.
        var duration: Duration
        /// Number of failures after mail or probes had shown recovery.
        var relapses: Int
        /// Whether probes have brought the trial forward.
        var isBroughtForward = false
        /// When all traffic was restored; nil before.
        var wholeSince: MonotonicInstant?
        /// Whether refuted refusals opened it.
        var isRefuted = false
    }

    package private(set) var settings: Settings
    package internal(set) var state = State.closed(failures: 0)
    /// Nil unless closed.
    var ramp: Ramp?
    /// Whether it has never had all its traffic; see ``beginAsNew(now:)``.
    package internal(set) var isNew = false
    /// What round trips keep from it, whatever its state; nil for nothing.
    package internal(set) var withholding: Withholding?
    /// Nil before the first opening.
    var past: Past?
    var attempts: AttemptWindow
    /// Messages it refused for unknown reasons and others accepted.
    var refutations: RefutationWindow
    var refusals: RefusalStreak
    /// When mail last showed that the upstream works.
    var workedAt: MonotonicInstant?
    /// Consecutive failed probes; 0 unless closed.
    var failedProbes = 0
    /// Consecutive successful probes while it is open; kept during the trial, 0 while closed.
    var goodProbes = 0
    /// Sessions that were left before the upstream had greeted, until a probe tells what that means; 0 unless closed.
    var missedGreetings = 0

    package init(settings: Settings) {
        self.settings = settings.sound
        self.attempts = AttemptWindow(settings.window)
        self.refutations = RefutationWindow(settings.refutations)
        self.refusals = RefusalStreak(settings.refutations)
    }

    /// Nothing else follows.
    mutating func exchange(_ settings: Settings) { self.settings = settings }

    // MARK: - What it allows

    /// When an open circuit admits a trial message; nil in other states, and while only probes of round trips may be that.
    package var trialAt: MonotonicInstant? {
        guard withholding != .whole else { return nil }
        return if case .open(let until, _) = state { until } else { nil }
    }

    /// Share of the traffic that the upstream may receive, 0 to 1.
    package var share: Double {
        guard withholding != .whole else { return 0 }
        return switch state {
        case .closed: ramp.map { share(of: $0) } ?? 1
        case .open, .halfOpen: 0
        }
    }

    private func share(of ramp: Ramp) -> Double {
        settings.rampSteps.count > 1 ? settings.rampSteps[ramp.step] : Self.reducedShare
    }

    /// Whether the last report about an upstream with a closed circuit was a failure: until something succeeds, mail
    /// with a choice goes elsewhere, except for one message.
    package var isSuspect: Bool {
        if case .closed(let failures) = state { failures + missedGreetings > 0 } else { false }
    }

    /// Whether an account fault keeps it open, so that probes have no effect.
    package var isAccountFault: Bool {
        switch state {
        case .closed: false
        case .open, .halfOpen: past?.opener == .account
        }
    }

    /// Its health as far as probes are concerned; see ``ProbeTimer``.
    package var probeHealth: ProbeTimer.Health {
        switch state {
        case .closed: failedProbes > 0 ? .doubtful : .working(workedAt: workedAt)
        case .open, .halfOpen: isAccountFault ? .accountFault : .open
        }
    }

    /// When ``advance(now:)`` has something to do; nil for never.
    package var nextStepAt: MonotonicInstant? { withholding == nil ? ramp?.until : nil }

    /// What ``admit(now:ofProbe:)`` would return, without starting a trial or counting the message.
    ///
    /// - Parameter ofProbe: whether it is a probe of a round trip through this upstream alone.
    package func admission(now: MonotonicInstant, ofProbe: Bool = false) -> Admission {
        if withholding == .whole, !ofProbe { return .refused(until: nil) }
        switch state {
        case .closed:
            guard let ramp, !ofProbe else { return .admitted }
            return ramp.credit + millionths(of: ramp) >= 1_000_000 ? .admitted : .overflow
        case .open(let until, _):
            return now < until ? .refused(until: until) : .trial
        case .halfOpen:
            return .refused(until: nil)
        }
    }

    /// Admits one message, or not. During the ramp, ask once for every message that might go here, so that the share is
    /// exact: of any number of consecutive messages that share is admitted, give or take one.
    ///
    /// - Parameter ofProbe: whether it is a probe of a round trip through this upstream alone, which no ramp counts.
    /// - Returns: the value of ``admission(now:ofProbe:)`` and, if the message is the trial, the transition to half open.
    package mutating func admit(
        now: MonotonicInstant, ofProbe: Bool = false
    ) -> (admission: Admission, transition: CircuitTransition?) {
        let admission = admission(now: now, ofProbe: ofProbe)
        switch admission {
        case .trial:
            return (admission, beginTrial())
        case .admitted, .overflow:
            if var ramp, !ofProbe {
                ramp.credit += millionths(of: ramp) - (admission == .admitted ? 1_000_000 : 0)
                self.ramp = ramp
            }
        case .refused:
            break
        }
        return (admission, nil)
    }

    private mutating func beginTrial() -> CircuitTransition? {
        guard case .open(_, let duration) = state else { return nil }
        state = .halfOpen(duration: duration)
        return CircuitTransition(
            from: .open, to: .halfOpen, share: share, .trial, cause: "the time has come for a trial")
    }

    private func millionths(of ramp: Ramp) -> Int {
        Int((share(of: ramp) * 1_000_000).rounded())
    }

    /// Advances time: the ramp goes up a step.
    package mutating func advance(now: MonotonicInstant) -> CircuitTransition? {
        guard withholding == nil, let ramp, now >= ramp.until else { return nil }
        guard isStepProven(ramp) else {
            self.ramp?.until = now + settings.stepDuration
            return nil
        }
        let percent = percentage
        climb(to: ramp.step + 1, now: now)
        let cause = "\(settings.stepDuration.inWords) at \(percent) without trouble"
        return CircuitTransition(from: name, to: name, share: share, .ramp, cause: cause)
    }

    /// Starts a step of the ramp; the last one ends it, unless round trips keep most of the traffic from the upstream.
    mutating func climb(to step: Int, now: MonotonicInstant) {
        guard withholding != .whole else { return ramp = nil }
        let isWhole = withholding != .most && step >= settings.rampSteps.count - 1
        ramp = isWhole ? nil : Ramp(step: step, until: now + settings.stepDuration)
        past?.wholeSince = isWhole ? now : nil
    }

    var percentage: String { "\(Int((share * 100).rounded())) %" }
}
