internal import Delivery
internal import Upstreams

extension Schema {
    private static let day = Duration.seconds(86400)

    static let health = Section(
        "health",
        "Probes: sessions without mail, as far as AUTH. They find out about an upstream that gets no mail, and when one that "
            + "failed is back.",
        prototype: ConfigurationDraft(),
        keys: [
            .optional(
                "interval", \.health.interval, .durationOrNone(.milliseconds(100)...day),
                "Time between probes of an upstream that no mail proves to work, a third of it while its circuit is open; 0s "
                    + "is no probes."),
            .optional(
                "timeout", \.health.timeout, .duration(.milliseconds(10)...(.seconds(600))),
                "A probe that takes longer has failed."),
            .optional(
                "unhealthy_threshold", \.health.unhealthyThreshold, .integer(1...1000),
                "So many probes in a row that fail open the circuit, before any mail has found out."),
            .optional(
                "healthy_threshold", \.health.healthyThreshold, .integer(1...1000),
                "So many probes in a row that succeed let an open circuit try a message before its time."),
        ])

    static let circuit = Section(
        "circuit", "When an upstream that fails is left alone.", prototype: ConfigurationDraft(),
        keys: [
            .optional(
                "consecutive_failures", \.circuit.consecutiveFailures, .integer(1...1_000_000),
                "So many failures in a row open the circuit: mail goes to the next upstream without a try here."),
            .optional(
                "failure_rate", \.circuit.failureRate, .number(0...1),
                "This part of the attempts within window, or more, opens the circuit too; 0 is never."),
            .optional(
                "min_requests", \.circuit.minRequests, .integer(1...1_000_000),
                "With fewer attempts within window, neither failure_rate nor latency_threshold says anything."),
            .optional(
                "window", \.circuit.window, .duration(.seconds(1)...day),
                "How far failure_rate and latency_threshold look back."),
            .optional(
                "latency_threshold", \.circuit.latencyThreshold, .durationOrNone(.milliseconds(10)...day),
                "An upstream is broken when more than one in twenty attempts within window takes longer; 0s is never."),
            .optional(
                "open_duration", \.circuit.openDuration, .duration(.milliseconds(10)...day),
                "How long an open circuit keeps mail away, the first time; doubled each time."),
            .optional(
                "max_open_duration", \.circuit.maxOpenDuration, .duration(.milliseconds(10)...(.seconds(7 * 86400))),
                "Where the doubling stops."),
            .optional(
                "refutations", \.circuit.refutations.refutations, .integer(0...100_000),
                "Messages that the upstream refused for an unknown reason and another one took within refutation_window: so "
                    + "many open the circuit, where they outnumber what this one took meanwhile. No sender and no domain "
                    + "counts for more than all the others together and one; 0 is never."),
            .optional(
                "refutation_window", \.circuit.refutations.window, .duration(.seconds(1)...day),
                "How far refutations looks back."),
            .optional(
                "refutation_domains", \.circuit.refutations.domains, .integer(1...RefutationWindow.Settings.most),
                "From so many recipient domains they must come."),
            .optional(
                "refutation_senders", \.circuit.refutations.senders, .integer(1...RefutationWindow.Settings.most),
                "From so many senders they must come, where more than one has used the upstream: users, or domains of "
                    + "senders where nobody logs in."),
        ])

    static let recovery = Section(
        "recovery", "How traffic returns to an upstream that has taken its trial message.",
        prototype: ConfigurationDraft(),
        keys: [
            .optional(
                "ramp_steps", \.recovery.rampSteps, .steps,
                "Percent of its traffic that it gets, step by step, before it gets all of it; [] is all of it at once."),
            .optional(
                "step_duration", \.recovery.stepDuration, .duration(.milliseconds(10)...day),
                "How long each step takes."),
        ])
}
