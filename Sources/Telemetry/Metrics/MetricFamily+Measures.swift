/// Times and sizes, and what is new about the relay itself.
extension MetricFamily {
    package static let measures = [
        acceptTime, commitTime, commitOperations, phaseTime, waitTime, acceptToTaken,
    ]

    static let acceptTime = MetricFamily(
        "posthorse_ingress_accept_seconds", [], HistogramBuckets.commits, decimals: 6,
        "Time from the end of a message's data to its 250.")
    static let commitTime = MetricFamily(
        "posthorse_spool_commit_seconds", [], HistogramBuckets.commits, decimals: 6,
        "Time of a commit, with the sync that makes it durable.")
    static let commitOperations = MetricFamily(
        "posthorse_spool_commit_operations", [], HistogramBuckets.groups, "Operations that share a commit.")
    static let phaseTime = MetricFamily(
        "posthorse_delivery_phase_seconds", ["upstream", "phase"], HistogramBuckets.phases, decimals: 6,
        "Time of the phases of sessions with an upstream that came to their end.")
    static let waitTime = MetricFamily(
        "posthorse_delivery_wait_seconds", ["route"], HistogramBuckets.delays, decimals: 6,
        "Time from the acceptance of a message, or from when it was scheduled for, to its first attempt.")
    static let acceptToTaken = MetricFamily(
        "posthorse_delivery_accept_to_taken_seconds", ["route"], HistogramBuckets.delays, decimals: 6,
        "Time from the acceptance of a message, or from when it was scheduled for, until an upstream took it.")

    package static let process = [buildInfo, processStart, reloads]

    static let buildInfo = MetricFamily(
        "posthorse_build_info", .gauge, ["version"], "1, with the version of the relay.")
    static let processStart = MetricFamily(
        "process_start_time_seconds", .gauge, [], decimals: 3, "When the relay started, in seconds since 1970.")
    static let reloads = MetricFamily(
        "posthorse_reloads_total", .counter, ["result"],
        "Times relay.conf was read again; bad if nothing of it came into force.")
}
