/// One metric with its labels and help text. ``all`` lists every metric of the relay.
package struct MetricFamily: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable {
        /// Only increases, from 0 when the relay starts.
        case counter
        case gauge
        /// Counts values by size.
        case histogram
    }

    package let name: String
    package let kind: Kind
    /// Label names; their values come from a fixed set, or from the names in relay.conf.
    package let labels: [String]
    package let help: String
    /// Decimals kept of its values; the values of a histogram, and their bounds, are in units of the last one.
    package let decimals: Int
    /// Upper bounds of the buckets of a histogram; of another metric, none.
    package let bounds: [Int]

    package init(_ name: String, _ kind: Kind, _ labels: [String], decimals: Int = 0, _ help: String) {
        self.name = name
        self.kind = kind
        self.labels = labels
        self.decimals = decimals
        self.help = help
        bounds = []
    }

    /// A histogram.
    package init(_ name: String, _ labels: [String], _ bounds: [Int], decimals: Int = 0, _ help: String) {
        self.name = name
        self.kind = .histogram
        self.labels = labels
        self.bounds = bounds
        self.decimals = decimals
        self.help = help
    }

    package init(_ name: String, _ kind: Kind, _ help: String) {
        self.init(name, kind, [], help)
    }
}

extension MetricFamily {
    /// Everything shown by `GET /metrics`, in the order of the documentation.
    package static let all =
        ingress + api + delivery + streams + suppressions + webhooks + queue + database + alerts + roundTrips + measures
        + process

    package static let ingress = [
        sessionsOpened, sessions, messages, messageRecipients, messageBytes, resubmissions, refusals, limits,
        acceptingPaused, proxyRefusals, logins, lockouts, suspicions, suspectedUsers, handshakes,
    ]

    static let sessionsOpened = MetricFamily(
        "posthorse_ingress_sessions_opened_total", .counter, "Client sessions greeted.")
    static let sessions = MetricFamily("posthorse_ingress_sessions", .gauge, "Open client sessions.")
    static let messages = MetricFamily("posthorse_ingress_messages_total", .counter, "Messages accepted with a 250.")
    static let messageRecipients = MetricFamily(
        "posthorse_ingress_recipients_total", .counter, "Recipients of accepted messages.")
    static let messageBytes = MetricFamily(
        "posthorse_ingress_message_bytes_total", .counter, "Bytes of accepted messages.")
    static let resubmissions = MetricFamily(
        "posthorse_ingress_resubmissions_total", .counter,
        "Messages handed in again and answered with the first queue ID; they count nowhere else.")
    static let refusals = MetricFamily(
        "posthorse_ingress_refusals_total", .counter, ["reason"],
        "Connections, sessions and messages refused or ended; one per line refused in the log.")
    static let limits = MetricFamily(
        "posthorse_ingress_limit_hits_total", .counter, ["limit"],
        "Times a limit was reached, by its key in relay.conf.")
    static let acceptingPaused = MetricFamily(
        "posthorse_ingress_paused_listeners", .gauge, "Listeners that are not accepting connections.")
    static let proxyRefusals = MetricFamily(
        "posthorse_ingress_proxy_refusals_total", .counter,
        "Connections closed because a proxy sent no valid PROXY header.")
    static let logins = MetricFamily(
        "posthorse_ingress_logins_total", .counter, ["result"], "Login attempts.")
    static let lockouts = MetricFamily(
        "posthorse_ingress_lockouts_total", .counter, "Addresses and users locked out after failed logins.")
    static let suspicions = MetricFamily(
        "posthorse_ingress_suspicions_total", .counter, ["cause"],
        "Times a user was suspected because mail was unusual for that user.")
    static let suspectedUsers = MetricFamily(
        "posthorse_ingress_suspected_users", .gauge, "Users who are suspected now.")
    static let handshakes = MetricFamily(
        "posthorse_ingress_tls_handshakes_total", .counter, ["version"],
        "TLS handshakes with clients; version is none for those that failed.")

    package static let delivery = [
        outcomes, failures, secondOpinions, resolved, notices, circuitChanges, failovers, failbacks, upstreamHandshakes,
        upstreamTLSFailures, slowDowns, paceSlowDowns, paceRate, paceReduced, paceWaiting, probes,
        deliveriesPaused,
        circuitOpen, circuitRefuted,
        circuitState, adminState, share, rateLimit, quotaLimit, quotaUsed, quotaLeft, connections,
        connectionLimit, tokenExpiry, tokenFailing, inFlight,
    ]

    static let outcomes = MetricFamily(
        "posthorse_delivery_recipients_total", .counter, ["upstream", "outcome"],
        "Recipients of finished attempts, by outcome.")
    static let failures = MetricFamily(
        "posthorse_delivery_failures_total", .counter, ["class"],
        "Recipients that failed permanently, by what the failure is about.")
    static let secondOpinions = MetricFamily(
        "posthorse_delivery_second_opinions_total", .counter, ["upstream", "result"],
        "Refusals for an unknown reason that another upstream confirmed or refuted.")
    static let circuitChanges = MetricFamily(
        "posthorse_delivery_circuit_changes_total", .counter, ["upstream", "state"], "Circuit transitions into a state."
    )
    static let failovers = MetricFamily(
        "posthorse_delivery_failovers_total", .counter, ["upstream", "cause"],
        "Times the traffic of an upstream moved to others.")
    static let failbacks = MetricFamily(
        "posthorse_delivery_failbacks_total", .counter, ["upstream", "cause"],
        "Times the traffic of an upstream began to come back.")
    static let upstreamHandshakes = MetricFamily(
        "posthorse_delivery_tls_handshakes_total", .counter, ["upstream", "version"],
        "TLS handshakes with upstreams; version is none for those that failed.")
    static let upstreamTLSFailures = MetricFamily(
        "posthorse_delivery_tls_fallbacks_total", .counter, ["upstream"],
        "Failed handshakes where TLS is optional, so that mail goes in clear text.")
    static let deliveriesPaused = MetricFamily(
        "posthorse_delivery_paused", .gauge, "1 while deliveries are paused because the spool cannot record them.")
    static let circuitOpen = MetricFamily(
        "posthorse_delivery_circuit_open", .gauge, ["upstream"], "1 while a circuit keeps mail from a failing upstream."
    )
    static let circuitRefuted = MetricFamily(
        "posthorse_delivery_circuit_refuted", .gauge, ["upstream", "reply"],
        "1 while a circuit is open because other upstreams take what this one refuses with the reply.")
    static let resolved = MetricFamily(
        "posthorse_delivery_resolved_recipients_total", .counter, ["resolution"],
        "Recipients in doubt settled by an operator.")
    static let notices = MetricFamily(
        "posthorse_delivery_notices_total", .counter, ["kind"], "Notices written to senders and the postmaster.")
    static let slowDowns = MetricFamily(
        "posthorse_delivery_slow_downs_total", .counter, ["upstream"],
        "Times an upstream's rate was lowered because it asked for less.")
    static let paceSlowDowns = MetricFamily(
        "posthorse_delivery_pace_slow_downs_total", .counter, ["pace"],
        "Times the pace of a recipient domain was lowered because its provider asked for less.")
    static let paceRate = MetricFamily(
        "posthorse_delivery_pace_recipients_per_second", .gauge, ["pace"], decimals: 3,
        "Lowest rate of the domains of a pace; +Inf without a limit.")
    static let paceReduced = MetricFamily(
        "posthorse_delivery_pace_reduced_domains", .gauge, ["pace"],
        "Domains of a pace that get less than relay.conf allows.")
    static let paceWaiting = MetricFamily(
        "posthorse_delivery_pace_waiting_messages", .gauge, ["pace"], "Messages that wait for a pace.")
    static let probes = MetricFamily(
        "posthorse_delivery_probes_total", .counter, ["upstream", "result"], "Finished probes.")
    static let circuitState = MetricFamily(
        "posthorse_delivery_circuit_state", .gauge, ["upstream", "state"], "1 for the current state of the circuit.")
    static let adminState = MetricFamily(
        "posthorse_delivery_admin_state", .gauge, ["upstream", "state"],
        "1 for the state an operator has put the upstream in."
    )
    static let share = MetricFamily(
        "posthorse_delivery_share_ratio", .gauge, ["upstream"], decimals: 3,
        "Share of traffic that an upstream may take now, 0 to 1.")
    static let rateLimit = MetricFamily(
        "posthorse_delivery_rate_limit_per_second", .gauge, ["upstream"], decimals: 3,
        "Rate limit of an upstream in messages per second; +Inf without a limit.")
    static let quotaLimit = MetricFamily(
        "posthorse_delivery_quota_recipients", .gauge, ["upstream", "period"],
        "Recipients that a quota of an upstream allows per period; period is as in relay.conf.")
    static let quotaUsed = MetricFamily(
        "posthorse_delivery_quota_used_recipients", .gauge, ["upstream", "period"],
        "Recipients that count as used in the present period of a quota, or in its window.")
    static let quotaLeft = MetricFamily(
        "posthorse_delivery_quota_left_recipients", .gauge, ["upstream", "period"],
        "Recipients that are left of a quota; 0 also while the upstream says that it is used up.")
    static let connections = MetricFamily(
        "posthorse_delivery_connections", .gauge, ["upstream"], "Open sessions with an upstream.")
    static let connectionLimit = MetricFamily(
        "posthorse_delivery_connection_limit", .gauge, ["upstream"],
        "Most sessions that an upstream may have now: a fixed number, or the one found by itself.")
    static let tokenExpiry = MetricFamily(
        "posthorse_delivery_token_expiry_timestamp_seconds", .gauge, ["upstream"],
        "When the OAuth 2.0 token that the relay has for an upstream expires; 0 without one.")
    static let tokenFailing = MetricFamily(
        "posthorse_delivery_token_failing", .gauge, ["upstream"],
        "1 while the last request for an OAuth 2.0 token has failed, or its refresh token is not on disk.")
    static let inFlight = MetricFamily(
        "posthorse_delivery_in_flight_messages", .gauge, ["upstream"],
        "Messages handed to sessions with an upstream and not settled.")

    package static let streams = [streamPauses]

    static let streamPauses = MetricFamily(
        "posthorse_stream_pauses_total", .counter, ["by"], "Streams paused, by operators and by the relay.")

    package static let suppressions = [suppressed, suppressionsAdded, suppressionEntries]

    static let suppressed = MetricFamily(
        "posthorse_delivery_suppressed_recipients_total", .counter, ["action"],
        "Recipients that got no mail because their address is suppressed.")
    static let suppressionsAdded = MetricFamily(
        "posthorse_delivery_suppressions_added_total", .counter, ["source"],
        "Addresses that the relay has suppressed by itself.")
    static let suppressionEntries = MetricFamily("posthorse_delivery_suppressions", .gauge, "Suppressions in the list.")

    package static let queue = [
        queueMessages, queueRecipients, queueBytes, queueOldest, queueOldestWaiting, statisticsAge,
    ]

    static let queueMessages = MetricFamily("posthorse_queue_messages", .gauge, "Messages in the spool.")
    static let queueRecipients = MetricFamily(
        "posthorse_queue_recipients", .gauge, ["state"], "Recipients of the messages in the spool, by state.")
    static let queueBytes = MetricFamily(
        "posthorse_queue_bytes", .gauge, "Bytes of the messages in the spool, as they would go out.")
    static let queueOldest = MetricFamily(
        "posthorse_queue_oldest_message_age_seconds", .gauge, "Age of the oldest message in the spool; 0 if empty.")
    static let queueOldestWaiting = MetricFamily(
        "posthorse_queue_oldest_waiting_message_age_seconds", .gauge,
        "Age of the oldest message that waits for an attempt or is in one; 0 if none does.")
    static let statisticsAge = MetricFamily(
        "posthorse_queue_statistics_age_seconds", .gauge, "Age of the spool figures.")
}
