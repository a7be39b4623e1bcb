internal import Delivery
internal import Upstreams

extension Schema {
    private static let day = Duration.seconds(86400)

    static let health = Section(
        "health",
        "Probes: sessions without mail, as far as AUTH. They check upstreams that get no mail, and notice when "
            + "a failed one is back.",
        prototype: ConfigurationDraft(),
        keys: [
            .optional(
                "interval", \.health.interval, .durationOrNone(.milliseconds(100)...day),
                "Time between probes of an upstream while no mail proves that it works, a third of it while its "
                    + "circuit is open; 0s disables probes."),
            .optional(
                "timeout", \.health.timeout, .duration(.milliseconds(10)...(.seconds(600))),
                "A probe that takes longer fails."),
            .optional(
                "unhealthy_threshold", \.health.unhealthyThreshold, .integer(1...1000),
                "Failed probes in a row that open the circuit, before any mail is affected."),
            .optional(
                "healthy_threshold", \.health.healthyThreshold, .integer(1...1000),
                "Successful probes in a row after which an open circuit tries a message early."),
        ])

    static let circuit = Section(
        "circuit", "When a failing upstream is left alone.", prototype: ConfigurationDraft(),
        keys: [
            .optional(
                "consecutive_failures", \.circuit.consecutiveFailures, .integer(1...1_000_000),
                "Failures in a row that open the circuit: mail then goes to the next upstream without a try here."),
            .optional(
                "failure_rate", \.circuit.failureRate, .number(0...1),
                "Fraction of failed attempts within window that opens the circuit too; 0 disables this."),
            .optional(
                "min_requests", \.circuit.minRequests, .integer(1...1_000_000),
                "Minimum number of attempts within window before failure_rate and latency_threshold apply."),
            .optional(
                "window", \.circuit.window, .duration(.seconds(1)...day),
                "How far back failure_rate and latency_threshold look."),
            .optional(
                "latency_threshold", \.circuit.latencyThreshold, .durationOrNone(.milliseconds(10)...day),
                "The circuit opens when more than one in twenty attempts within window takes longer; 0s "
                    + "disables this."),
            .optional(
                "open_duration", \.circuit.openDuration, .duration(.milliseconds(10)...day),
                "Initial open duration; doubled each time a trial or the ramp fails."),
            .optional(
                "max_open_duration", \.circuit.maxOpenDuration, .duration(.milliseconds(10)...(.seconds(7 * 86400))),
                "Longest open duration."),
            .optional(
                "refutations", \.circuit.refutations.refutations, .integer(0...100_000),
                "Refuted refusals (messages that the upstream refused for an unknown reason and another one "
                    + "took) within refutation_window that open the circuit, if they outnumber what the upstream took "
                    + "meanwhile. No sender and no domain counts for more than all others together plus one; 0 "
                    + "disables this."),
            .optional(
                "refutation_window", \.circuit.refutations.window, .duration(.seconds(1)...day),
                "How far back refutations looks."),
            .optional(
                "refutation_domains", \.circuit.refutations.domains, .integer(1...RefutationWindow.Settings.most),
                "Minimum number of recipient domains among them."),
            .optional(
                "refutation_senders", \.circuit.refutations.senders, .integer(1...RefutationWindow.Settings.most),
                "Minimum number of senders among them, if more than one has used the upstream: users, or sender "
                    + "domains where nobody logs in."),
        ])

    static let recovery = Section(
        "recovery", "How traffic returns to an upstream that has taken its trial message.",
        prototype: ConfigurationDraft(),
        keys: [
            .optional(
                "ramp_steps", \.recovery.rampSteps, .steps,
                "Percentages of its traffic that it gets, step by step, before it gets all of it; [] is all at "
                    + "once."),
            .optional(
                "step_duration", \.recovery.stepDuration, .duration(.milliseconds(10)...day),
                "Duration of each step."),
        ])
}
