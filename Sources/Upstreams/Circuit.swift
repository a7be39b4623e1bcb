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

        package init(consecutiveFailures: Int, openDuration: Duration, maxOpenDuration: Duration) {
            self.consecutiveFailures = max(1, consecutiveFailures)
            self.openDuration = openDuration
            self.maxOpenDuration = max(openDuration, maxOpenDuration)
        }
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
        /// Not before this moment; nil while another message is on trial.
        case refused(until: Moment?)
    }

    /// A change of state, for the log.
    package struct Transition: Hashable, Sendable {
        package let from: String
        package let to: String

        package init(from: String, to: String) {
            self.from = from
            self.to = to
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

    /// What ``admit(now:)`` would say, without beginning a trial.
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

    /// The upstream has taken a message, or has given a verdict about one: it works. Of an open circuit that says something
    /// new only where the message is its trial: a session from before may go on where no new one is let in, as after a change of
    /// the password.
    package mutating func succeeded(isTrial: Bool = false) -> Transition? {
        let from = state.name
        switch state {
        case .open where !isTrial: return nil
        case .open, .closed, .halfOpen: state = .closed(failures: 0)
        }
        return from == state.name ? nil : Transition(from: from, to: state.name)
    }

    /// The upstream did not do its work: refused, dropped, silent, or unwilling.
    ///
    /// - Parameters:
    ///   - jitter: -1 to 1, varies the time by up to a tenth, so that many relays do not come back as one.
    ///   - opensAtOnce: whether this one failure is enough.
    package mutating func failed(now: Moment, jitter: Double, opensAtOnce: Bool = false) -> Transition? {
        switch state {
        case .closed(let failures):
            guard opensAtOnce || failures + 1 >= settings.consecutiveFailures else {
                state = .closed(failures: failures + 1)
                return nil
            }
            return open(for: settings.openDuration, from: "closed", now: now, jitter: jitter)
        case .halfOpen(let duration):
            return open(for: min(duration * 2, settings.maxOpenDuration), from: "halfOpen", now: now, jitter: jitter)
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

    private mutating func open(
        for duration: Duration, from: String, now: Moment, jitter: Double
    ) -> Transition {
        state = .open(until: now + duration * (1 + jitter / 10), duration: duration)
        return Transition(from: from, to: state.name)
    }
}
