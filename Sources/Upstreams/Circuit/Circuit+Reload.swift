/// Changes of the configuration. The state stays, and so does what has been counted.
extension Circuit {
    /// Other settings apply from now on. An open circuit, and a step of the ramp, last no longer than they allow; a shorter
    /// limit of failures counts with the next one.
    package mutating func replace(settings next: Settings, now: MonotonicInstant) {
        let next = next.sound
        guard next != settings else { return }
        if next.window != settings.window { attempts.resize(to: next.window, now: now) }
        if next.refutations != settings.refutations {
            refutations.replace(next.refutations, now: now)
            refusals.settings = next.refutations
        }
        let share = share
        exchange(next)
        resumeRamp(at: share, now: now)
        shorten(now: now)
    }

    /// The step of the new ramp with at least the share that the upstream has.
    private mutating func resumeRamp(at share: Double, now: MonotonicInstant) {
        guard var ramp, withholding == nil else { return }
        let step = settings.rampSteps.firstIndex { $0 >= share } ?? settings.rampSteps.count - 1
        guard step < settings.rampSteps.count - 1 else { return climb(to: step, now: now) }
        ramp.step = step
        ramp.until = min(ramp.until, now + settings.stepDuration)
        self.ramp = ramp
    }

    /// An operator's order stands.
    private mutating func shorten(now: MonotonicInstant) {
        let longest = settings.maxOpenDuration
        if let duration = past?.duration, duration > longest { past?.duration = longest }
        switch state {
        case .closed: break
        case .open(let until, let duration):
            let latest = past?.opener == .hand ? until : now + longest
            state = .open(until: min(until, latest), duration: min(duration, longest))
        case .halfOpen(let duration): state = .halfOpen(duration: min(duration, longest))
        }
    }

    /// The upstream has another address, TLS, or account: what an account fault has said is about the former one, so that
    /// probes can tell. The time for the trial has come if there are none.
    package mutating func meansChanged(
        isProbed: Bool, cause: String = "its settings have changed", now: MonotonicInstant
    ) -> CircuitTransition? {
        guard case .open(let until, let duration) = state, past?.opener != .hand else { return nil }
        past?.opener = .transport
        goodProbes = 0
        guard !isProbed, until > now else { return nil }
        state = .open(until: now, duration: duration)
        return CircuitTransition(
            from: name, to: name, share: share, .settings, cause: cause, until: trialAt)
    }
}
