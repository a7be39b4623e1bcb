/// Whether mail may go to one upstream.
///
/// Failures in a row, a high rate of them, or slowness open the circuit; after its time one message is let through as a trial
/// (half open), and what becomes of it closes the circuit or opens it for twice as long. A circuit that has closed again
/// gives its upstream a small part of the traffic first, and more step by step: the ramp.
///
/// The time for which it opens is remembered beyond that, so that an upstream which comes and goes is given fewer and fewer
/// chances (hysteresis): each opening lasts twice as long as the one before, until all the traffic has been back without
/// another opening for as long as the last one lasted, and for a step of the ramp at least.
///
/// What sessions from before an opening report afterwards says nothing new and is not counted.
package struct Circuit: Hashable, Sendable {
    package struct Settings: Hashable, Sendable {
        /// So many failures in a row open the circuit; at least 1.
        package var consecutiveFailures: Int
        /// How long the circuit stays open the first time.
        package var openDuration: Duration
        /// Doubling the time stops here.
        package var maxOpenDuration: Duration
        /// This part of the attempts within `window`, or more, opens the circuit as well; above 1 for never.
        package var failureRate = 0.5
        /// Attempts within `window` below which neither rate nor latency say anything.
        package var minRequests = 20
        package var window = Duration.seconds(30)
        /// The 95th percentile of the durations of attempts within `window` above which the upstream counts as broken; nil
        /// for never.
        package var latencyThreshold: Duration?
        /// Parts of the traffic, rising, that an upstream gets after a trial that went well; the last one is 1.
        package var rampSteps = [0.1, 0.25, 0.5, 1]
        package var stepDuration = Duration.seconds(30)
        /// So many probes in a row that fail open a closed circuit.
        package var unhealthyThreshold = 3
        /// So many probes in a row that succeed bring the trial forward.
        package var healthyThreshold = 2
        package var refutations = RefutationWindow.Settings()

        package init(consecutiveFailures: Int, openDuration: Duration, maxOpenDuration: Duration) {
            self.consecutiveFailures = max(1, consecutiveFailures)
            self.openDuration = openDuration
            self.maxOpenDuration = max(openDuration, maxOpenDuration)
        }

        /// The same with ramp steps that are parts, and rise to 1.
        var sound: Settings {
            var sound = self
            sound.rampSteps = rampSteps.filter { $0 > 0 && $0 < 1 }.sorted() + [1]
            return sound
        }
    }

    /// What an upstream did wrong.
    package enum Fault: Hashable, Sendable {
        /// It, or the way to it, did not work.
        case transport
        /// It does not want us: opens at once, and probes do not bring the trial forward.
        case account
    }

    /// - `closed`: mail flows, all of it or as much as the ramp says; `failures` is the length of the present row of them, and
    ///   stays below the limit, which is ``Settings/consecutiveFailures``, or 2 in the ramp if that is less. The ramp exists
    ///   in this state only. To `closed` with a larger share when a step's time is over; to `open` at the limit, when
    ///   rate or latency are beyond theirs, at an account fault, when what it refuses is refuted, when probes have failed in a
    ///   row, or by hand.
    /// - `open`: no mail until `until`; `duration` is what was chosen before jitter, between ``Settings/openDuration`` and
    ///   ``Settings/maxOpenDuration``; the next one is twice as long. To `halfOpen` when the time has come and a message
    ///   asks; to `open` with an earlier `until` by probes, if it was not opened by an account fault or by hand; to
    ///   `closed` by hand.
    /// - `halfOpen`: one message is on trial, and no second one is let in. To `closed`, with the first step of the ramp, when
    ///   it succeeds; to `open` when it fails or is too slow, or at once, with its time over, when it ends without a word
    ///   about the upstream.
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

    /// The answer to a message that would like to go.
    package enum Admission: Hashable, Sendable {
        case admitted
        /// The message may go, alone; its end must be told as `succeeded`, `failed` or `trialEndedWithoutVerdict`.
        case trial
        /// The ramp leaves this message to the next upstream; where there is none, it may go all the same.
        case overflow
        /// Not before this instant; nil while another message is on trial.
        case refused(until: MonotonicInstant?)
    }

    /// How much of the traffic an upstream gets that has just come back.
    struct Ramp: Hashable, Sendable {
        /// Index into ``Settings/rampSteps``, never of the last one.
        var step: Int
        /// The next step comes then, unless something fails before.
        var until: MonotonicInstant
        /// What the share has come to beyond the messages that were admitted, in millionths of a message; less than one.
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
        /// How often the upstream has failed again though mail or probes had said that it is well.
        var relapses: Int
        /// Whether probes have brought the trial forward.
        var isBroughtForward = false
        /// Since when it has had all of its traffic back; nil before.
        var wholeSince: MonotonicInstant?
        /// Whether refuted refusals have opened it.
        var isRefuted = false
    }

    package let settings: Settings
    package internal(set) var state = State.closed(failures: 0)
    /// Nil unless closed.
    var ramp: Ramp?
    /// Nil before the first opening.
    var past: Past?
    var attempts: AttemptWindow
    /// What it has refused for unknown reasons and others have taken.
    var refutations: RefutationWindow
    /// When mail last showed that the upstream works.
    var workedAt: MonotonicInstant?
    /// Probes in a row that failed; 0 unless closed.
    var failedProbes = 0
    /// Probes in a row that succeeded; 0 unless open.
    var goodProbes = 0

    package init(settings: Settings) {
        self.settings = settings.sound
        self.attempts = AttemptWindow(settings.window)
        self.refutations = RefutationWindow(settings.refutations)
    }

    // MARK: - What it allows

    /// When an open circuit lets one message try; nil in other states.
    package var trialAt: MonotonicInstant? {
        if case .open(let until, _) = state { until } else { nil }
    }

    /// The part of the traffic that the upstream may take, 0 to 1.
    package var share: Double {
        switch state {
        case .closed: ramp.map { settings.rampSteps[$0.step] } ?? 1
        case .open, .halfOpen: 0
        }
    }

    /// Whether the last thing heard of an upstream whose circuit is closed was a failure: mail that has a choice goes
    /// elsewhere, but for one message, until something succeeds here.
    package var isSuspect: Bool {
        if case .closed(let failures) = state { failures > 0 } else { false }
    }

    /// Whether an account fault keeps it open, so that probes change nothing.
    package var isAccountFault: Bool {
        switch state {
        case .closed: false
        case .open, .halfOpen: past?.opener == .account
        }
    }

    /// How it stands for those who probe it; see ``ProbeTimer``.
    package var probeHealth: ProbeTimer.Health {
        switch state {
        case .closed: failedProbes > 0 ? .doubtful : .working(workedAt: workedAt)
        case .open, .halfOpen: isAccountFault ? .accountFault : .open
        }
    }

    /// When ``advance(now:)`` has something to do; nil for never.
    package var nextStepAt: MonotonicInstant? { ramp?.until }

    /// What ``admit(now:)`` would say, without beginning a trial or counting the message.
    package func admission(now: MonotonicInstant) -> Admission {
        switch state {
        case .closed:
            guard let ramp else { return .admitted }
            return ramp.credit + millionths(of: ramp) >= 1_000_000 ? .admitted : .overflow
        case .open(let until, _):
            return now < until ? .refused(until: until) : .trial
        case .halfOpen:
            return .refused(until: nil)
        }
    }

    /// Lets one message in, or not. In the ramp every message that might go here is to be asked for once, so that the share
    /// is exact: of any number in a row that part is admitted, give or take one.
    ///
    /// - Returns: what ``admission(now:)`` says; and where the message is the trial, the transition to half open that it makes.
    package mutating func admit(now: MonotonicInstant) -> (admission: Admission, transition: CircuitTransition?) {
        let admission = admission(now: now)
        switch admission {
        case .trial:
            return (admission, beginTrial())
        case .admitted, .overflow:
            if var ramp {
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
        return CircuitTransition(from: .open, to: .halfOpen, share: share, cause: "the time has come for a trial")
    }

    private func millionths(of ramp: Ramp) -> Int {
        Int((settings.rampSteps[ramp.step] * 1_000_000).rounded())
    }

    /// Time has passed: the ramp goes up a step.
    package mutating func advance(now: MonotonicInstant) -> CircuitTransition? {
        guard let ramp, now >= ramp.until else { return nil }
        let percent = percentage
        climb(to: ramp.step + 1, now: now)
        let cause = "\(settings.stepDuration.inWords) at \(percent) without trouble"
        return CircuitTransition(from: state.name, to: state.name, share: share, cause: cause)
    }

    /// Begins a step of the ramp; the last one ends it.
    mutating func climb(to step: Int, now: MonotonicInstant) {
        let isWhole = step >= settings.rampSteps.count - 1
        ramp = isWhole ? nil : Ramp(step: step, until: now + settings.stepDuration)
        past?.wholeSince = isWhole ? now : nil
    }

    var percentage: String { "\(Int((share * 100).rounded())) %" }
}
