/// Whether mail may go to one upstream.
///
/// Failures in a row open the circuit; after its time one message is let through as a trial (half open), and what
/// becomes of it closes the circuit or opens it for twice as long. Probes, failure rates and the ramp are parts of this
/// machine too, once they exist.
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

        package init(consecutiveFailures: Int, openDuration: Duration, maxOpenDuration: Duration) {
            self.consecutiveFailures = max(1, consecutiveFailures)
            self.openDuration = openDuration
            self.maxOpenDuration = max(openDuration, maxOpenDuration)
        }
    }

    /// What an upstream did wrong.
    package enum Fault: Hashable, Sendable {
        /// It, or the way to it, did not work.
        case transport
        /// It does not want us: opens at once, and probes do not bring the trial forward.
        case account
    }

    /// - `closed`: mail flows; `failures` is the length of the present row of them. To `open` at the limit.
    /// - `open`: no mail until `until`; `duration` is what was chosen, the next one is twice as long. To `halfOpen` when
    ///   the time has come and a message asks.
    /// - `halfOpen`: one message is on trial. To `closed` when it, or anything, succeeds, to `open` when it fails.
    package enum State: Hashable, Sendable {
        case closed(failures: Int)
        case open(until: Moment, duration: Duration)
        case halfOpen(duration: Duration)

        /// The word for JSON, logs and tables.
        package var name: String {
            switch self {
            case .closed: "closed"
            case .open: "open"
            case .halfOpen: "halfOpen"
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
        /// Not before this moment; nil while another message is on trial.
        case refused(until: Moment?)
    }

    /// A change of state, for the log.
    package struct Transition: Hashable, Sendable {
        package let from: String
        package let to: String
        /// The part of the traffic after the change, 0 to 1.
        package let share: Double
        /// Why, with the numbers: `5 failures in a row`, `12 of 20 attempts failed in 30 s`, `trial succeeded`.
        package let cause: String
        /// When an open circuit lets one message try; nil in other states.
        package let until: Moment?

        package init(from: String, to: String, share: Double, cause: String, until: Moment? = nil) {
            self.from = from
            self.to = to
            self.share = share
            self.cause = cause
            self.until = until
        }
    }

    package let settings: Settings
    package private(set) var state = State.closed(failures: 0)

    package init(settings: Settings) {
        self.settings = settings
    }

    /// When an open circuit lets one message try; nil in other states.
    package var trialAt: Moment? {
        if case .open(let until, _) = state { until } else { nil }
    }

    /// The part of the traffic that the upstream may take, 0 to 1.
    package var share: Double {
        switch state {
        case .closed: 1
        case .open, .halfOpen: 0
        }
    }

    /// Whether the last thing heard of an upstream whose circuit is closed was a failure: mail that has a choice goes
    /// elsewhere, but for one message, until something succeeds here.
    package var isSuspect: Bool {
        if case .closed(let failures) = state { failures > 0 } else { false }
    }

    /// When ``advance(now:)`` has something to do; nil for never.
    package var nextStepAt: Moment? { nil }

    /// What ``admit(now:)`` would say, without beginning a trial or counting the message.
    package func admission(now: Moment) -> Admission {
        switch state {
        case .closed: .admitted
        case .open(let until, _): now < until ? .refused(until: until) : .trial
        case .halfOpen: .refused(until: nil)
        }
    }

    /// Asks for one message; a trial begins where that is the answer.
    package mutating func admit(now: Moment) -> Admission {
        let admission = admission(now: now)
        if case .open(_, let duration) = state, admission == .trial {
            state = .halfOpen(duration: duration)
        }
        return admission
    }

    /// Time has passed: the ramp goes up a step.
    package mutating func advance(now: Moment) -> Transition? { nil }

    /// The upstream has taken a message, or has given a verdict about one: it works. Of an open circuit that says something
    /// new only where the message is its trial: a session from before may go on where no new one is let in, as after a change of
    /// the password.
    ///
    /// - Parameters:
    ///   - took: from the start of the attempt to the reply to the final dot; nil where there was none.
    ///   - jitter: -1 to 1; for the case that it was too slow.
    package mutating func succeeded(
        now: Moment, isTrial: Bool = false, took: Duration? = nil, jitter: Double = 0
    ) -> Transition? {
        let from = state.name
        switch state {
        case .open where !isTrial: return nil
        case .open, .closed, .halfOpen: state = .closed(failures: 0)
        }
        guard from != state.name else { return nil }
        return Transition(from: from, to: state.name, share: share, cause: "trial succeeded")
    }

    /// The upstream did not do its work: refused, dropped, silent, or unwilling.
    ///
    /// - Parameter jitter: -1 to 1, varies the time by up to a tenth, so that many relays do not come back as one.
    package mutating func failed(now: Moment, jitter: Double, _ fault: Fault = .transport) -> Transition? {
        switch state {
        case .closed(let failures):
            guard fault == .account || failures + 1 >= settings.consecutiveFailures else {
                state = .closed(failures: failures + 1)
                return nil
            }
            return open(for: settings.openDuration, from: "closed", now: now, jitter: jitter, "failures in a row")
        case .halfOpen(let duration):
            let duration = min(duration * 2, settings.maxOpenDuration)
            return open(for: duration, from: "halfOpen", now: now, jitter: jitter, "trial failed")
        case .open:
            // Sessions that were under way when it opened; they say nothing new.
            return nil
        }
    }

    /// The message on trial went away without a word about the upstream: the next one may try at once.
    package mutating func trialEndedWithoutVerdict(now: Moment) {
        if case .halfOpen(let duration) = state {
            state = .open(until: now, duration: duration)
        }
    }

    // MARK: - Probes

    /// A probe got as far as AUTH.
    package mutating func probeSucceeded(now: Moment) -> Transition? { nil }

    /// A probe failed.
    package mutating func probeFailed(now: Moment, jitter: Double) -> Transition? { nil }

    // MARK: - By hand

    /// Opens the circuit as if it had failed now, for this time; then trial and ramp follow as always.
    ///
    /// - Parameter duration: nil for `open_duration`.
    package mutating func trip(now: Moment, for duration: Duration?) -> Transition {
        open(for: duration ?? settings.openDuration, from: state.name, now: now, jitter: 0, "tripped by hand")
    }

    /// Closes the circuit, gives it all of its traffic, and forgets what has been.
    package mutating func reset(now: Moment) -> Transition? {
        let from = state.name
        state = .closed(failures: 0)
        return Transition(from: from, to: state.name, share: share, cause: "reset by hand")
    }

    private mutating func open(
        for duration: Duration, from: String, now: Moment, jitter: Double, _ cause: String
    ) -> Transition {
        let until = now + duration * (1 + jitter / 10)
        state = .open(until: until, duration: duration)
        return Transition(from: from, to: state.name, share: share, cause: cause, until: until)
    }
}
